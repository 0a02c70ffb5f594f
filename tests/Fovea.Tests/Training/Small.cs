using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Store;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>Small models, samples and options that train in milliseconds.</summary>
internal static class Small
{
    public const int Vocab = 40;
    public const int Side = 6;
    private const int ImageTokenId = 3;
    private const string Source = "corpus.json";

    private static readonly PresetSizes Sizes = new()
    {
        HiddenSize = 16,
        NumLayers = 2,
        NumHeads = 2,
        IntermediateSize = 24,
        MaxPositions = 64,
        ImageSize = Side,
        PatchSize = 3,
        VisionHiddenSize = 16,
        VisionNumLayers = 2,
        VisionNumHeads = 2,
        VisionIntermediateSize = 24,
        InitializerRange = 0.02, // the scale that the tests' limits were set for
    };

    public static TrainingOptions Options { get; } = new()
    {
        Steps = 20,
        BatchSize = 4,
        LearningRate = 1e-2,
        WeightDecay = 0.1,
        Seed = 5,
        WarmupSteps = 2,
    };

    public static DecoderModel Text(long seed = 1) => ModelPresets.Create("tiny-text-2", new PresetVocabulary(Vocab, 1, 2, 0), seed, Sizes);

    public static DecoderModel Llava(long seed = 1) =>
        ModelPresets.Create("tiny-llava", new PresetVocabulary(Vocab, 1, 2, 0, ImageTokenId), seed, Sizes);

    /// <summary>Wide enough for gradients that are written out in bfloat16.</summary>
    public static DecoderModel WideLlava(long seed = 1) =>
        ModelPresets.Create("tiny-llava", new PresetVocabulary(Vocab, 1, 2, 0, ImageTokenId), seed, Sizes with { HiddenSize = 320 });

    public static DecoderModel Solo(long seed = 1) =>
        ModelPresets.Create("tiny-solo", new PresetVocabulary(Vocab + 4, 1, 2, 0, null,
            new VisionTokenIds(Vocab, Vocab + 1, Vocab + 2, Vocab + 3)), seed, Sizes);

    /// <summary>Samples of 6 to 15 ids, the last 4 or more of them targets; every second one with an image if asked.</summary>
    public static List<TokenizedSample> Samples(int count, long seed = 1, bool images = false) =>
        [.. Enumerable.Range(0, count).Select(i => Sample(i, seed, images && i % 2 == 0))];

    public static TokenWeights Row(TokenizedSample sample, float[]? weights, SelectionStatus status = SelectionStatus.Kept, string? reason = null) =>
        new(sample.Key, sample.TextFingerprint, status, reason, weights);

    /// <summary>Writes the rows to a weights file and joins them.</summary>
    public static TrainingSet Join(
        IEnumerable<TokenizedSample> samples, IEnumerable<TokenWeights> rows, WeightNormalization normalization = WeightNormalization.None,
        Func<TokenizedSample, string?>? imageHash = null)
    {
        using var folder = new TemporaryFolder();
        WeightsFile.Write(folder["w.parquet"], rows, normalization, new Dictionary<string, string>());
        return TrainingSet.Join(samples, WeightsFile.Read(folder["w.parquet"]), imageHash ?? (_ => null));
    }

    public static WeightedSample Weighted(VisionLanguageModel model, TokenizedSample sample, float[]? weights = null) =>
        WeightedSample.Create(sample.Key, SampleExpander.Expand(model, sample, []), weights);

    /// <summary>Trains; without progress, silently.</summary>
    public static TrainingSummary Train(
        DecoderModel model, TrainingSet set, ImageLoader? images, TrainingOptions options, string folder, IProgressSink? progress = null,
            CancellationToken? cancel = null,
        bool anyThreadCount = false) =>
        Trainer.Run(
            new TrainingJob { Model = model, Set = set, Images = images, Options = options, Folder = folder, AnyThreadCount = anyThreadCount },
            progress ?? new SilentProgress(), cancel ?? TestContext.Current.CancellationToken);

    /// <summary>Images of noise; those named in <paramref name="broken"/> cannot be decoded.</summary>
    public static ImageLoader Loader(IReadOnlyList<TokenizedSample> samples, params string[] broken) => new(new Noise(samples, broken), new Plain());

    private static TokenizedSample Sample(int index, long seed, bool image)
    {
        var random = new RandomSource(seed, "sample", index);
        var length = 6 + random.Next(10);
        var ids = Enumerable.Range(0, length).Select(_ => 4 + random.Next(Vocab - 4)).ToArray();
        if (image)
        {
            ids[0] = TokenizedSample.ImagePlaceholder;
        }

        var targets = Enumerable.Range(2, length - 2).ToArray();
        return new TokenizedSample
        {
            Key = new SampleKey(Source, index),
            InputIds = ids,
            TargetIndices = targets,
            EndTargets = [targets.Length - 1],
            TargetSpans = new TargetSpan[targets.Length],
            Images = image ? [$"{index}.png"] : [],
            TextFingerprint = $"text{seed}/{index}",
            ContextFingerprint = $"context{seed}/{index}",
        };
    }

    private sealed class Noise(IReadOnlyList<TokenizedSample> samples, string[] broken) : ICorpus
    {
        public IReadOnlyList<Sample> Samples { get; } = [.. samples.Select(s => new Sample(s.Key, null, s.Images, []))];

        public RgbImage LoadImage(Sample sample, int index)
        {
            if (broken.Contains(sample.Images[index]))
            {
                throw new InvalidInputException("/somewhere/" + sample.Images[index], null, "no picture");
            }

            var random = new RandomSource(3, sample.Images[index]);
            return new RgbImage(Side, Side, [.. Enumerable.Range(0, Side * Side * 3).Select(_ => (byte)random.Next(256))]);
        }
    }

    private sealed class Plain : IImageProcessor
    {
        public PixelValues Rescale(RgbImage image) => new(3, image.Height, image.Width, Array.ConvertAll(image.Pixels, p => p / 255f));

        public PixelValues Normalize(PixelValues unit) => unit with { Values = Array.ConvertAll(unit.Values, v => (v - 0.5f) / 0.5f) };
    }
}

/// <summary>Calls back at each report.</summary>
internal sealed class Watcher(Action<long, string?> onReport) : IProgressSink
{
    public void Report(string task, long done, long total, string? note = null) => onReport(done, note);
}
