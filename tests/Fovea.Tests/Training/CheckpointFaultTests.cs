using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Watching;
using Fovea.Tests.Foundations;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class CheckpointFaultTests
{
    private static readonly TrainingOptions Options = Small.Options with { CheckpointEvery = 5, EmaDecay = 0.9 };

    public CheckpointFaultTests() => TorchRuntime.Start(1);

    [Fact]
    public void A_full_disk_stops_the_run_in_one_line_and_harms_no_checkpoint()
    {
        using TemporaryFolder folder = new(), whole = new();
        Run(whole, DiskFiles.Instance);
        var files = new FaultyFiles();
        var e = Assert.Throws<FoveaException>(() => Run(folder, files, After(folder, () => files.FreeBytes ??= 20_000)));
        Assert.Contains("no space left on the device; make room", e.Message, StringComparison.Ordinal);
        Assert.Contains("last good checkpoint: " + folder["checkpoints/step-00000005"], e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal("step-00000005", Assert.Single(Directory.GetFileSystemEntries(folder["checkpoints"]).Select(Path.GetFileName)));
        AssertResumes(folder, whole, from: 5);
    }

    [Fact]
    public void A_disk_turned_read_only_stops_the_run_in_one_line_and_harms_no_checkpoint()
    {
        using TemporaryFolder folder = new(), whole = new();
        Run(whole, DiskFiles.Instance);
        var files = new FaultyFiles();
        var e = Assert.Throws<FoveaException>(() => Run(folder, files, After(folder, () => files.ReadOnly = true)));
        Assert.Contains("the file system is read-only", e.Message, StringComparison.Ordinal);
        AssertResumes(folder, whole, from: 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_000)]
    public void Torn_files_are_found_by_their_checksums(long tornAt)
    {
        using TemporaryFolder folder = new(), whole = new();
        Run(whole, DiskFiles.Instance);
        var files = new FaultyFiles();
        Assert.Throws<OperationCanceledException>(() => Run(folder, files, After(
            folder, () => files.TornAt = tornAt, stopAt: 12)));
        AssertResumes(folder, whole, from: 5);
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        ResumeTests.Kill(folder, atStep: 7);
        using var other = Small.Text(seed: 9);
        var e = Assert.Throws<FoveaException>(() => Small.Train(
            other, TrainingSet.Unweighted(Small.Samples(30)), null,
                Small.Options with { CheckpointEvery = 5, BucketWindow = 3, MicroBatchSize = 3 }, folder.Path));
        Assert.Contains("start_model", e.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder["checkpoints/step-00000005"]));
    }

    [Fact]
    public void The_average_is_kept_over_a_resume()
    {
        using TemporaryFolder whole = new(), parts = new();
        Run(whole, DiskFiles.Instance);
        Assert.Throws<InvalidOperationException>(() => Run(parts, DiskFiles.Instance, new Watcher((done, _) =>
        {
            if (done == 13)
            {
                throw new InvalidOperationException("killed");
            }
        })));
        AssertResumes(parts, whole, from: 10);
        Assert.NotEqual(File.ReadAllBytes(whole["model/model.safetensors"]), File.ReadAllBytes(whole["model-ema/model.safetensors"]));
    }

    // Strikes when the checkpoint of step 5 is whole and that of step 10 has not begun.
    private static Watcher After(TemporaryFolder folder, Action strike, long stopAt = long.MaxValue) => new((done, _) =>
    {
        if (done is >= 5 and < 9 && !Directory.Exists(folder["checkpoints/step-00000005"]))
        {
            Thread.Sleep(200);
        }
        else if (done >= 9)
        {
            strike();
        }

        if (done == stopAt)
        {
            throw new OperationCanceledException();
        }
    });

    private static void AssertResumes(TemporaryFolder folder, TemporaryFolder whole, long from)
    {
        Assert.Equal(from, Run(folder, DiskFiles.Instance).ResumedFrom);
        foreach (var file in new[] { "model/model.safetensors", "model-ema/model.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(whole[file]), File.ReadAllBytes(folder[file]));
        }
    }

    private static TrainingSummary Run(TemporaryFolder folder, IFileLayer files, IProgressSink? progress = null)
    {
        using var model = Small.Text();
        var job = new TrainingJob { Model = model, Set = TrainingSet.Unweighted(Small.Samples(30)), Options = Options, Folder = folder.Path, Files = files };
        return Trainer.Run(job, progress ?? new SilentProgress(), TestContext.Current.CancellationToken);
    }
}
