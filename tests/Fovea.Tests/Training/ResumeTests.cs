using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class ResumeTests
{
    private static readonly TrainingOptions Options = Small.Options with { CheckpointEvery = 5, BucketWindow = 3, MicroBatchSize = 3 };

    public ResumeTests() => TorchRuntime.Start(1);

    [Fact]
    public void Two_runs_of_one_seed_are_equal_bit_for_bit()
    {
        using TemporaryFolder a = new(), b = new();
        Train(a);
        Train(b);
        AssertSame(a, b);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(13)]
    public void Cancelled_and_resumed_is_the_uninterrupted_run_bit_for_bit(int stopAfter)
    {
        using TemporaryFolder whole = new(), parts = new();
        var expected = Train(whole);
        using var source = new CancellationTokenSource();
        var stop = new Watcher((done, _) =>
        {
            if (done == stopAfter)
            {
                source.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Train(parts, stop, cancel: source));
        Assert.True(Directory.Exists(parts[$"checkpoints/step-{stopAfter:D8}"]));
        var resumed = Train(parts);
        AssertSame(whole, parts);
        Assert.Equal(stopAfter, resumed.ResumedFrom);
        Assert.Equal((expected.Counters, expected.FinalLoss, expected.MeanLoss), (resumed.Counters, resumed.FinalLoss, resumed.MeanLoss));
    }

    [Fact]
    public void Killed_between_checkpoints_and_resumed_is_the_uninterrupted_run_bit_for_bit()
    {
        using TemporaryFolder whole = new(), parts = new();
        Train(whole);
        Kill(parts, atStep: 13);
        File.AppendAllText(parts["metrics.jsonl"], "{\"step\": 14, \"lo"); // torn
        Assert.Equal(10, Train(parts).ResumedFrom);
        AssertSame(whole, parts);
    }

    [Theory]
    [InlineData("parameters.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("trainer_state.json")]
    public void A_damaged_checkpoint_falls_back_to_the_one_before_and_says_so(string file)
    {
        using TemporaryFolder whole = new(), parts = new();
        Train(whole);
        Kill(parts, atStep: 13);
        var path = parts["checkpoints/step-00000010/" + file];
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        var said = new List<string?>();
        var resumed = Train(parts, new Watcher((_, note) => said.Add(note)));
        Assert.Equal(5, resumed.ResumedFrom);
        Assert.Contains("step-00000010 is damaged", Assert.Single(resumed.Notices), StringComparison.Ordinal);
        Assert.Contains(resumed.Notices[0], said);
        AssertSame(whole, parts);
    }

    [Fact]
    public void A_checkpoint_that_lost_a_file_falls_back_to_the_start_if_it_is_the_only_one()
    {
        using TemporaryFolder whole = new(), parts = new();
        Train(whole);
        Kill(parts, atStep: 7);
        File.Delete(parts["checkpoints/step-00000005/optimizer.safetensors"]);
        Assert.Null(Train(parts).ResumedFrom);
        AssertSame(whole, parts);
    }

    [Fact]
    public void Only_the_newest_checkpoints_are_kept()
    {
        using var folder = new TemporaryFolder();
        Train(folder);
        Assert.Equal(["step-00000015", "step-00000020"], Directory.GetFileSystemEntries(folder["checkpoints"]).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Changed_options_weights_data_start_model_are_errors_that_name_the_field()
    {
        using var folder = new TemporaryFolder();
        Kill(folder, atStep: 7);
        var samples = Small.Samples(30);
        var weighted = Small.Join(samples, samples.Select(s => Small.Row(s, null)), WeightNormalization.None);
        AssertRefused("training.learning_rate", () => Train(folder, options: Options with { LearningRate = 0.02 }));
        AssertRefused("weights", () => Train(folder, set: weighted));
        AssertRefused("data", () => Train(folder, set: TrainingSet.Unweighted(Small.Samples(30, seed: 8))));
        AssertRefused("start_model", () => Train(folder, modelSeed: 2));
    }

    internal static void AssertRefused(string field, Action resume) =>
        Assert.Contains($"cannot resume, {field} was ", Assert.Throws<FoveaException>(resume).Message, StringComparison.Ordinal);

    internal static TrainingSummary Train(
        TemporaryFolder folder, IProgressSink? progress = null, TrainingOptions? options = null, TrainingSet? set = null, long modelSeed = 1,
            CancellationTokenSource? cancel = null,
        bool anyThreadCount = false)
    {
        using var model = Small.Text(modelSeed);
        return Small.Train(model, set ?? TrainingSet.Unweighted(Small.Samples(30)), null, options ?? Options, folder.Path, progress,
            cancel?.Token, anyThreadCount);
    }

    internal static void Kill(TemporaryFolder folder, int atStep) => Assert.Throws<InvalidOperationException>(() => Train(
        folder, new Watcher((done, _) =>
        {
            if (done == atStep)
            {
                throw new InvalidOperationException("killed");
            }
        })));

    private static void AssertSame(TemporaryFolder a, TemporaryFolder b)
    {
        foreach (var file in new[] { "model/model.safetensors", "checkpoints/step-00000020/optimizer.safetensors", "checkpoints/step-00000020/parameters.safetensors" })
        {
            Assert.True(File.ReadAllBytes(a[file]).AsSpan().SequenceEqual(File.ReadAllBytes(b[file])), $"{file} differs");
        }

        Assert.Equal(Metrics(a), Metrics(b));
        Assert.Equal(20, Metrics(a).Length);
    }

    private static string[] Metrics(TemporaryFolder folder) => [.. File.ReadLines(folder["metrics.jsonl"]).Select(l =>
    {
        var line = JsonNode.Parse(l)!.AsObject();
        Assert.True(line.Remove("seconds") && line.Remove("tokens_per_second") && line.Remove("resident_mib"));
        return line.ToJsonString();
    })];
}
