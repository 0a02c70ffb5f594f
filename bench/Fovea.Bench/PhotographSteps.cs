using System.Diagnostics;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Models.Initialisation;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;

namespace Fovea.Bench;

/// <summary>Time of a training step on photographs: prepared in line, before the step that needs them, and ahead on one and on two threads, in turn.</summary>
/// <param name="captions">COCO's captions file.</param>
/// <param name="images">Its folder of photographs.</param>
internal sealed class PhotographSteps(string captions, string images)
{
    private const int Rounds = 5, Steps = 12, Batch = 8, Side = 336, Patch = 14, VocabSize = 1000, ImageTokenId = 3, TextTokens = 24;
    private static readonly int[] Modes = [0, 1, 2];

    private readonly CocoCaptionsCorpus _corpus = CocoCaptionsCorpus.Open(captions, images);

    /// <summary>Prints medians over rounds, for a model of a hidden size in decoder and tower.</summary>
    public void Measure(TextWriter output, int hiddenSize, int layers)
    {
        var times = Modes.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var mode in Modes)
            {
                var seconds = Train(hiddenSize, layers, Modes[mode]);
                if (round > 0) // the first one warms up
                {
                    times[mode].AddRange(seconds);
                }
            }
        }

        var medians = Array.ConvertAll(times, t => t.Order().ElementAt(t.Count / 2));
        output.WriteLine($"hidden {hiddenSize}, {layers} layers: in line {1000 * medians[0]:0} ms a step of {Batch} photographs at {Side} pixels; "
            + $"ahead on one thread {medians[1] / medians[0]:0.00} of it, on two {medians[2] / medians[0]:0.00}");
    }

    /// <summary>Seconds of each step but the first two.</summary>
    private IEnumerable<double> Train(int hiddenSize, int layers, int imageThreads)
    {
        var sizes = new PresetSizes
        {
            HiddenSize = hiddenSize,
            NumLayers = layers,
            NumHeads = hiddenSize / 32,
            IntermediateSize = 2 * hiddenSize,
            MaxPositions = 1024,
            ImageSize = Side,
            PatchSize = Patch,
            VisionHiddenSize = hiddenSize,
            VisionNumLayers = layers,
            VisionNumHeads = hiddenSize / 32,
            VisionIntermediateSize = 2 * hiddenSize,
        };
        using var model = ModelPresets.Create("tiny-llava", new PresetVocabulary(VocabSize, 1, 2, 0, ImageTokenId), seed: 1, sizes);
        var folder = Directory.CreateTempSubdirectory("fovea-bench-").FullName;
        try
        {
            var clock = new StepClock();
            Trainer.Run(
                new TrainingJob
                {
                    Model = model,
                    Set = TrainingSet.Unweighted(_corpus.Samples.Select(Tokenize)),
                    Images = new ImageLoader(_corpus, new ImageProcessor(ImageProcessorConfig.Clip(Side)),
                        cacheBytes: 0), // as for a corpus that does not fit in memory
                    ImageThreads = imageThreads,
                    Options = new TrainingOptions { Steps = Steps, BatchSize = Batch, Frozen = ["model.vision_tower"], LogEvery = Steps },
                    Folder = folder,
                },
                clock);
            return clock.Seconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TokenizedSample Tokenize(Sample sample)
    {
        var random = new RandomSource(1, "bench/text", sample.Key.Record);
        int[] ids = [1, TokenizedSample.ImagePlaceholder, .. Enumerable.Range(0, TextTokens).Select(_ => 10 + random.Next(VocabSize - 10))];
        return new TokenizedSample
        {
            Key = sample.Key,
            InputIds = ids,
            TargetIndices = [.. Enumerable.Range(2, TextTokens)],
            EndTargets = [TextTokens - 1],
            TargetSpans = new TargetSpan[TextTokens],
            Images = sample.Images,
            TextFingerprint = $"{sample.Key.Record}",
            ContextFingerprint = $"{sample.Key.Record}",
        };
    }

    private sealed class StepClock : IProgressSink
    {
        private readonly List<TimeSpan> _ends = [];
        private readonly Stopwatch _clock = Stopwatch.StartNew();

        /// <summary>Between the ends of steps, from the second on.</summary>
        public IEnumerable<double> Seconds => _ends.Zip(_ends.Skip(1), (a, b) => (b - a).TotalSeconds).Skip(1).ToArray();

        public void Report(string task, long done, long total, string? note = null)
        {
            if (done > _ends.Count)
            {
                _ends.Add(_clock.Elapsed);
            }
        }
    }
}
