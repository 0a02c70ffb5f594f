using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Fovea.Training.State;
using Google.Protobuf;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class WatchingTests
{
    private static readonly TrainingOptions Options = Small.Options with { CheckpointEvery = 5, EvalEvery = 4, KeepBest = true, LogEvery = 3 };

    private static readonly string[] Tags = ["train/loss", "eval/loss", "train/learning_rate", "memory/resident_mib"];

    public WatchingTests() => TorchRuntime.Start(1);

    [Fact]
    public void The_best_checkpoint_by_held_out_loss_is_kept_and_written()
    {
        using var folder = new TemporaryFolder();
        var (summary, evaluations) = Train(folder);
        Assert.Equal([4, 8, 12, 16, 20], evaluations.Keys);
        var best = evaluations.MinBy(e => e.Value);
        Assert.Equal(best.Key, summary.Best);
        Assert.Equal(evaluations[20], summary.HeldOutLoss);
        using var model = ModelFolder.Load(folder["model-best"]);
        Assert.Equal(best.Value, HeldOut(model), 1e-6);
    }

    [Fact]
    public void A_resumed_run_evaluates_and_keeps_what_an_uninterrupted_one_does()
    {
        using TemporaryFolder whole = new(), parts = new();
        var (expected, evaluations) = Train(whole);
        Assert.Throws<InvalidOperationException>(() => Train(parts, new Watcher((done, _) =>
        {
            if (done == 13)
            {
                throw new InvalidOperationException("killed");
            }
        })));
        var (summary, again) = Train(parts);
        Assert.True(summary.ResumedFrom >= 10);
        Assert.Equal(evaluations, again);
        Assert.Equal((expected.Best, expected.HeldOutLoss), (summary.Best, summary.HeldOutLoss));
        Assert.Equal(Steps(whole), Steps(parts));
    }

    [Fact]
    public void TensorBoard_gets_each_step_once_in_records_that_check()
    {
        using var folder = new TemporaryFolder();
        Train(folder);
        Assert.Equal([0, 3, 4, 6, 8, 9, 12, 15, 16, 18, 20], Steps(folder));
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(folder[TensorBoardLog.FileName]));
        Assert.Contains("brain.Event:2", text, StringComparison.Ordinal);
        Assert.All(Tags, t => Assert.Contains(t, text, StringComparison.Ordinal));
        File.AppendAllText(folder[TensorBoardLog.FileName], "torn");
        new TensorBoardLog(folder[TensorBoardLog.FileName], 9).Dispose();
        Assert.Equal([0, 3, 4, 6, 8, 9], Steps(folder));
    }

    [Fact]
    public void A_spike_of_the_loss_is_told_and_recent_losses_are_not()
    {
        var watch = new LossWatch();
        for (var i = 0; i < 50; i++)
        {
            var loss = 2 + (0.1 * Math.Sin(i));
            Assert.False(watch.IsSpike(loss));
            watch = watch.Add(loss);
        }

        Assert.True(watch.IsSpike(3));
        Assert.InRange(watch.Mean, 1.9, 2.1);
    }

    [Fact]
    public void Weights_of_0_only_are_told_and_a_set_of_nothing_else_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var samples = Small.Samples(6);
        var some = Small.Join(samples, samples.Select((s, i) => Small.Row(s, i < 2 ? new float[s.TargetIndices.Length] : null)));
        Assert.Contains("2 of 6 samples have weights of 0 only", Assert.Single(Small.Train(model, some, null, Small.Options, folder.Path).Notices),
            StringComparison.Ordinal);
        using var other = new TemporaryFolder();
        var none = Small.Join(samples, samples.Select(s => Small.Row(s, new float[s.TargetIndices.Length])));
        Assert.Contains("nothing to learn", Assert.Throws<FoveaException>(() => Small.Train(model, none, null, Small.Options, other.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_average_follows_the_parameters_and_can_be_swapped_in()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Small.Text();
        model.Parameters.SetTrainable(n => n == "model.norm.weight");
        using var average = new ParameterAverage(model.Parameters, 0.75);
        var norm = model.Parameters["model.norm.weight"];
        using (torch.no_grad())
        {
            norm.fill_(5f);
        }

        average.Update();
        Assert.Equal("model.norm.weight", Assert.Single(average.State()).Key);
        average.Swap();
        Assert.Equal((0.75f * 1) + (0.25f * 5), norm[0].item<float>(), 1e-6f);
        average.Swap();
        Assert.Equal(5f, norm[0].item<float>());
    }

    [Fact]
    public void Bf16_products_train_as_float32_ones_do()
    {
        using TemporaryFolder a = new(), b = new();
        using DecoderModels models = new();
        var set = TrainingSet.Unweighted(Small.Samples(4));
        var options = Small.Options with { Steps = 60 };
        var f32 = Small.Train(models.First, set, null, options, a.Path);
        var bf16 = Small.Train(models.Second, set, null, options with { Precision = DType.BF16, GradientCheckpointing = true, Packing = true }, b.Path);
        Assert.InRange(bf16.FinalLoss!.Value, f32.FinalLoss!.Value * 0.7, f32.FinalLoss.Value * 1.4);
        Assert.All(models.Second.Parameters.All, p => Assert.Equal(torch.ScalarType.Float32, p.Value.dtype));
    }

    private sealed class DecoderModels : IDisposable
    {
        public Fovea.Models.Families.DecoderModel First { get; } = Small.Text();

        public Fovea.Models.Families.DecoderModel Second { get; } = Small.Text();

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }

    private static (TrainingSummary Summary, Dictionary<long, double> Evaluations) Train(TemporaryFolder folder, IProgressSink? progress = null)
    {
        using var model = Small.Text();
        var job = new TrainingJob
        {
            Model = model,
            Set = TrainingSet.Unweighted(Small.Samples(30)),
            HeldOut = TrainingSet.Unweighted(Small.Samples(7, seed: 8)),
            Options = Options,
            Folder = folder.Path,
        };
        var summary = Trainer.Run(job, progress ?? new SilentProgress(), TestContext.Current.CancellationToken);
        return (summary, File.ReadLines(folder["metrics.jsonl"]).Select(l => JsonNode.Parse(l)!).Where(l => l["eval_loss"] is not null)
            .ToDictionary(l => (long)l["step"]!, l => (double)l["eval_loss"]!));
    }

    private static double HeldOut(Fovea.Models.VisionLanguageModel model)
    {
        var set = TrainingSet.Unweighted(Small.Samples(7, seed: 8));
        var preparer = new SamplePreparer(model, null, null, set.Normalization);
        return new HeldOutLoss((Fovea.Models.Families.DecoderModel)model, set, preparer, p => p.Sample, new StepLayout(2)).Compute()!.Value;
    }

    private static List<long> Steps(TemporaryFolder folder) => Events(folder).ConvertAll(e => e.Step);

    /// <summary>TensorBoard's records: length, its checksum, data, its checksum; read by TorchSharp's own message class.</summary>
    internal static List<Tensorboard.Event> Events(TemporaryFolder folder)
    {
        var events = new List<Tensorboard.Event>();
        var bytes = File.ReadAllBytes(folder[TensorBoardLog.FileName]).AsSpan();
        while (bytes.Length > 0)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Assert.Equal(Checksum(bytes[..8]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
            Assert.Equal(Checksum(bytes.Slice(12, length)), BinaryPrimitives.ReadUInt32LittleEndian(bytes[(12 + length)..]));
            var message = new Tensorboard.Event();
            message.MergeFrom(new CodedInputStream(bytes.Slice(12, length).ToArray()));
            Assert.True(message.WallTime > 1.7e9);
            Assert.True(message.Step == 0 ? message.FileVersion == "brain.Event:2" : message.Summary.Value.Count >= 6);
            events.Add(message);
            bytes = bytes[(12 + length + 4)..];
        }

        return events;
    }

    // CRC-32C bit by bit (polynomial 0x82f63b78, reflected), then TensorFlow's mask.
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
            }
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }
}
