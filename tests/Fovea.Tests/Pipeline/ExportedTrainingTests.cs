using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Store.Export;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>
/// An exported file, read by a plain loop over PyTorch's operators and its AdamW, gives the losses of <c>fovea train</c>: the loop of docs/export.md in C#.
/// </summary>
public sealed class ExportedTrainingTests : IDisposable
{
    private const int Steps = 6, Accumulation = 4;
    private const double Rate = 5e-3, Tolerance = 1e-5;
    private readonly TemporaryFolder _folder = new();

    public ExportedTrainingTests() => TorchRuntime.Start(1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, WeightNormalization.None)]
    [InlineData(true, WeightNormalization.None)]
    [InlineData(false, WeightNormalization.TargetCount)]
    [InlineData(true, WeightNormalization.TargetCount)]
    public void The_losses_are_those_of_training_for_either_alignment_and_with_accumulation(bool byPrediction, WeightNormalization normalization)
    {
        SceneCorpusWriter.Write(new SceneSpec { Seed = 9, NumScenes = 12, TextOnlyRecordRate = 0.2 }, _folder["scenes"], new SilentProgress(),
            TestContext.Current.CancellationToken);
        SceneTokenizer.Write(_folder["tokenizer"]);
        DataSource[] data = [new() { File = _folder["scenes/dialogues.json"] }];
        Run("start", new TrainStage
        {
            Preset = new PresetChoice { Name = "tiny-llava" },
            Tokenizer = _folder["tokenizer"],
            Data = data,
            Training = new TrainingOptions { Steps = 1, BatchSize = 2, Seed = 3 },
        });
        var model = _folder["start/model"];
        var samples = TokenizedCorpus.Open(data, model, CorpusView.Image, stop: TestContext.Current.CancellationToken).Samples;
        WeightsFile.Write(_folder["w.parquet"], samples.Select(Weights), normalization, new Dictionary<string, string>());
        var rows = Export(data, model, byPrediction).OrderBy(r => r.LossWeights.Sum()).ToList(); // micro-batches of unlike weight
        Assert.Contains(rows, r => r.Images.Count > 0);
        Assert.Contains(rows, r => r.Images.Count == 0);

        Run("trained", new TrainStage
        {
            Model = model,
            Data = data,
            Weights = _folder["w.parquet"],
            Training = new TrainingOptions
            {
                Steps = Steps,
                BatchSize = rows.Count,
                MicroBatchSize = MicroBatch(rows),
                LearningRate = Rate,
                Schedule = ScheduleKind.Constant,
                WarmupSteps = 0,
                Seed = 4,
            },
        });
        double[] expected = [.. File.ReadLines(_folder["trained/metrics.jsonl"]).Select(l => (double)JsonNode.Parse(l)!["loss"]!)];
        Assert.Equal(Steps, expected.Length);
        Assert.True(expected[^1] < expected[0] * 0.9, "the loss did not fall, so that the comparison says little");
        var losses = Train(model, data, samples.ToDictionary(s => s.Key), rows, byPrediction);
        for (var step = 0; step < Steps; step++)
        {
            // Sums in another order, and what six updates make of the difference.
            Assert.Equal(expected[step], losses[step], Tolerance * expected[step]);
        }

        // What the page warns of: by the mean of the micro-batches' own ratios, training goes elsewhere.
        Assert.NotEqual(expected[^1], Train(model, data, samples.ToDictionary(s => s.Key), rows, byPrediction, wholeBatch: false)[^1],
            100 * Tolerance * expected[^1]);
    }

    private static int MicroBatch(List<Row> rows) => (rows.Count + Accumulation - 1) / Accumulation;

    private static TokenWeights Weights(TokenizedSample sample)
    {
        if (sample.Images.Count == 0)
        {
            return new TokenWeights(sample.Key, sample.TextFingerprint, SelectionStatus.TextOnly, null, null);
        }

        var random = new RandomSource(7, "weights", sample.Key.Record);
        return new TokenWeights(sample.Key, sample.TextFingerprint, SelectionStatus.Kept, null,
            [.. sample.TargetIndices.Select(_ => random.Chance(0.3) ? 0f : (float)random.NextDouble())]);
    }

    private List<Row> Export(DataSource[] data, string model, bool byPrediction)
    {
        var corpus = ScoringCorpus.Open(data, model, CorpusView.Image, TokenizedCorpus.TemplateName, new InvalidRecords(0));
        using var loaded = ModelFolder.Load(model);
        var (width, height) = ModelFit.Processor(model).Crop!.Value;
        var image = loaded.ImageTokenIds(height, width);
        var rows = new WeightedRows(corpus, WeightsFile.Read(_folder["w.parquet"]), new ExportLayout(image[0], image.Length, null),
            TestContext.Current.CancellationToken).Rows();
        ExportFile.Write(_folder["rows.jsonl"], byPrediction ? rows.Select(r => r.ByPrediction()) : rows);
        return [.. File.ReadLines(_folder["rows.jsonl"]).Select(Row.Read)];
    }

    private static double[] Train(
        string folder, DataSource[] data, Dictionary<SampleKey, TokenizedSample> samples, List<Row> rows, bool byPrediction,
        bool wholeBatch = true)
    {
        using var scope = torch.NewDisposeScope();
        using var model = ModelFolder.Load(folder);
        model.Parameters.SetTrainable(_ => true);
        var images = ImageHome.Loader(folder, CorpusFiles.Open(data, new InvalidRecords(0)));
        var optimizer = new PlainAdam([.. model.Parameters.All.Select(p => p.Value)]);
        var losses = new double[Steps];
        for (var step = 0; step < Steps; step++)
        {
            var whole = rows.Sum(r => r.LossWeights.Sum(w => (double)w));
            foreach (var micro in rows.Chunk(MicroBatch(rows)))
            {
                using var inner = torch.NewDisposeScope();
                var denominator = wholeBatch ? whole : micro.Sum(r => r.LossWeights.Sum(w => (double)w)) * Accumulation;
                var loss = Loss(model, micro, [.. micro.SelectMany(r => r.Images.Count == 0 ? [] : images.Normalized(samples[r.Key]))], byPrediction)
                    / denominator;
                loss.backward();
                losses[step] += loss.ToDouble();
            }

            optimizer.Update();
        }

        return losses;
    }

    /// <summary>Adam as its paper has it, with the gradients clipped to norm 1.</summary>
    private sealed class PlainAdam(torch.Tensor[] parameters)
    {
        private readonly torch.Tensor[] _first = Array.ConvertAll(parameters, p => torch.zeros_like(p));
        private readonly torch.Tensor[] _second = Array.ConvertAll(parameters, p => torch.zeros_like(p));
        private int _step;

        public void Update()
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            _step++;
            var norm = Math.Sqrt(parameters.Sum(p => p.grad is { } g ? g.square().sum().ToDouble() : 0));
            var clip = Math.Min(1, 1 / (norm + 1e-6));
            for (var i = 0; i < parameters.Length; i++)
            {
                if (parameters[i].grad is not { } gradient)
                {
                    continue;
                }

                var g = gradient * clip;
                _first[i].mul_(0.9).add_(g * 0.1);
                _second[i].mul_(0.95).add_(g.square() * 0.05);
                var mean = _first[i] / (1 - Math.Pow(0.9, _step));
                var root = (_second[i] / (1 - Math.Pow(0.95, _step))).sqrt();
                parameters[i].sub_(mean / (root + 1e-8) * Rate);
                parameters[i].grad = null;
            }
        }
    }

    /// <summary>sum(weight * nll) over padded rows, with logits at every position.</summary>
    private static torch.Tensor Loss(DecoderModel model, Row[] rows, IReadOnlyList<PixelValues> images, bool byPrediction)
    {
        var length = rows.Max(r => r.InputIds.Length);
        T[] Padded<T>(Func<Row, T[]> of, T with) => [.. rows.SelectMany(r => of(r).Concat(Enumerable.Repeat(with, length - of(r).Length)))];
        var inputs = torch.tensor(Padded(r => r.InputIds, 0L), [rows.Length, length]);
        var labels = torch.tensor(Padded(r => r.Labels, -100L), [rows.Length, length]);
        var weights = torch.tensor(Padded(r => r.LossWeights, 0f), [rows.Length, length]);
        using var batch = new ModelBatch
        {
            InputIds = inputs.alias().DetachFromDisposeScope(),
            PixelValues = model.PackPixels(images)?.DetachFromDisposeScope(),
            LogitPositions = torch.arange(rows.Length * (long)length).DetachFromDisposeScope(),
            TargetIds = torch.zeros(rows.Length * length, torch.int64).DetachFromDisposeScope(),
            TargetOffsets = [0],
            NumTokens = rows.Length * length,
        };
        var logits = model.Decoder.Head(model.Hidden(batch)).reshape(rows.Length, length, -1);
        if (!byPrediction)
        {
            (logits, labels, weights) = (logits[.., ..^1], labels[.., 1..], weights[.., 1..]);
        }

        var nll = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index: -100, reduction: torch.nn.Reduction.None);
        return (weights.flatten() * nll).sum();
    }

    private void Run(string name, TrainStage stage) => StageRunner.Run(stage,
        new StageContext(_folder[name], 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Refuse);

    private sealed record Row(SampleKey Key, IReadOnlyList<string> Images, long[] InputIds, long[] Labels, float[] LossWeights)
    {
        public static Row Read(string line)
        {
            var json = JsonDocument.Parse(line).RootElement;
            T[] List<T>(string key, Func<JsonElement, T> of) => [.. json.GetProperty(key).EnumerateArray().Select(of)];
            return new Row(new SampleKey(json.GetProperty("source").GetString()!, json.GetProperty("record").GetInt32()), List("images", e => e.GetString()!),
                List("input_ids", e => e.GetInt64()), List("labels", e => e.GetInt64()), List("loss_weights", e => e.GetSingle()));
        }
    }
}
