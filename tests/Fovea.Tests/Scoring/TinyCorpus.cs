using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Data.Images;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Scoring;
using Fovea.Scoring.Proxies;
using Fovea.Torch;

namespace Fovea.Tests.Scoring;

/// <summary>A few random samples on random images, and tiny random models that read them. Every fifth sample is text-only; two share each image.</summary>
internal sealed class TinyCorpus : ICorpus
{
    public const int Side = 30, VocabSize = 50, ImageTokenId = 3;

    public TinyCorpus(int count, int maxAnswer = 20)
    {
        TorchRuntime.Start(1);
        Samples = [.. Enumerable.Range(0, count).Select(i => new Sample(new SampleKey("tiny.json", i), $"t{i}", i % 5 == 4 ? [] : [$"image{i / 2}"], []))];
        Tokenized = [.. Samples.Select(s => Tokenize(s, maxAnswer))];
        Loader = new ImageLoader(this, new PlainProcessor());
        Source = ScoringSource.FromSamples(Samples, s => Tokenized[s.Key.Record]);
    }

    public IReadOnlyList<Sample> Samples { get; }

    public IReadOnlyList<TokenizedSample> Tokenized { get; }

    public ImageLoader Loader { get; }

    public ScoringSource Source { get; }

    /// <summary>The same samples as a text-only encoder makes them: without placeholders.</summary>
    public ScoringSource TextSource => ScoringSource.FromSamples(Samples, s => WithoutPlaceholder(Tokenized[s.Key.Record]));

    public static DecoderModel Llava(int maxPositions = 128) => Create("tiny-llava", 1, maxPositions);

    public static DecoderModel Text(long seed) => Create("tiny-text-2", seed, 128);

    public static VigScorerOptions Proxies(params string[] names) => new() { Proxies = [.. names.Select(VisionlessProxy.Parse)], Seed = 5 };

    public RgbImage LoadImage(Sample sample, int index)
    {
        if (sample.Images[index] == "image1")
        {
            // Distinct from the others, and the one that tests take away.
            return Unreadable ? throw new InvalidInputException(sample.Key.Source, sample.Key.Record, "image image1: not found") : Noise(1);
        }

        return Noise(int.Parse(sample.Images[index].AsSpan(5), System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Whether image1, of samples 2 and 3, fails to load.</summary>
    public bool Unreadable { get; init; }

    private static DecoderModel Create(string preset, long seed, int maxPositions)
    {
        TorchRuntime.Start(1);
        return ModelPresets.Create(
            preset, new PresetVocabulary(VocabSize, 1, 2, 0, preset == "tiny-llava" ? ImageTokenId : null), seed,
                new PresetSizes { MaxPositions = maxPositions, InitializerRange = 0.1 });
    }

    private static RgbImage Noise(int number)
    {
        var random = new RandomSource(7, "test/image", number);
        return new RgbImage(Side, Side, [.. Enumerable.Range(0, Side * Side * 3).Select(_ => (byte)random.Next(256))]);
    }

    private static TokenizedSample Tokenize(Sample sample, int maxAnswer)
    {
        var random = new RandomSource(7, "test/text", sample.Key.Record);
        int[] question = [1, .. sample.Images.Select(_ => TokenizedSample.ImagePlaceholder), .. Draw(random, 1 + random.Next(10))];
        int[] answer = [.. Draw(random, 1 + random.Next(maxAnswer)), 2];
        return new TokenizedSample
        {
            Key = sample.Key,
            Id = sample.Id,
            InputIds = [.. question, .. answer],
            TargetIndices = [.. Enumerable.Range(question.Length, answer.Length)],
            EndTargets = [answer.Length - 1],
            TargetSpans = new TargetSpan[answer.Length],
            Images = sample.Images,
            TextFingerprint = $"text{sample.Key.Record}",
            ContextFingerprint = $"context{sample.Key.Record}",
        };
    }

    private static IEnumerable<int> Draw(RandomSource random, int count) => Enumerable.Range(0, count).Select(_ => 4 + random.Next(VocabSize - 4));

    private static TokenizedSample WithoutPlaceholder(TokenizedSample sample)
    {
        var shift = sample.Images.Count;
        return sample with
        {
            InputIds = [.. sample.InputIds.Where(i => i != TokenizedSample.ImagePlaceholder)],
            TargetIndices = Array.ConvertAll(sample.TargetIndices, i => i - shift),
            Images = [],
        };
    }

    private sealed class PlainProcessor : IImageProcessor
    {
        public PixelValues Rescale(RgbImage image)
        {
            var plane = image.Width * image.Height;
            var values = new float[3 * plane];
            for (var i = 0; i < values.Length; i++)
            {
                values[(i % 3 * plane) + (i / 3)] = image.Pixels[i] / 255f;
            }

            return new PixelValues(3, image.Height, image.Width, values);
        }

        public PixelValues Normalize(PixelValues unit) => unit with { Values = Array.ConvertAll(unit.Values, v => (v - 0.5f) / 0.25f) };
    }
}
