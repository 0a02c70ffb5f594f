using System.Diagnostics;
using Fovea.Core.Files;
using Fovea.Torch;
using Fovea.Training.Checkpoints;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using Fovea.Training.State;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>What is counted or set for the whole process, hence not beside other tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    /// <summary>Of the collection.</summary>
    public const string Name = "process-wide";
}

[Collection(ProcessWide.Name)]
public sealed class ProcessWideTests
{
    public ProcessWideTests() => TorchRuntime.Start(1);

    [Fact]
    public void Another_thread_count_is_an_error_that_names_it_unless_asked_for()
    {
        using var folder = new TemporaryFolder();
        ResumeTests.Kill(folder, atStep: 7);
        torch.set_num_threads(2);
        try
        {
            ResumeTests.AssertRefused("num_threads", () => ResumeTests.Train(folder));
            Assert.Equal(5, ResumeTests.Train(folder, anyThreadCount: true).ResumedFrom);
        }
        finally
        {
            torch.set_num_threads(1);
        }
    }

    [Fact]
    public void Two_thousand_steps_leave_no_tensor_and_little_memory_behind()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(30, images: true);
        GC.Collect(); // What earlier tests and the making of the model left to the finalizer must not be counted.
        GC.WaitForPendingFinalizers();
        long first = 0, tensors = 0, bytes = 0, tensorsAfter = 0, bytesAfter = 0;
        var watch = new Watcher((done, _) =>
        {
            if (done == 1)
            {
                first = torch.Tensor.TotalCount;
            }
            else if (done == 200)
            {
                (tensors, bytes) = (torch.Tensor.TotalCount, ResidentBytes());
            }
            else if (done == 2000)
            {
                (tensorsAfter, bytesAfter) = (torch.Tensor.TotalCount, ResidentBytes());
            }
        });
        var options = Small.Options with { Steps = 2000, LogEvery = 100, CheckpointEvery = 500, LearningRate = 1e-3 };
        Small.Train(
            model, TrainingSet.Unweighted(samples), Small.Loader(samples), options, folder.Path, watch);
        Assert.Equal((first, first), (tensors, tensorsAfter));
        Assert.True(bytesAfter - bytes < 32L << 20, $"resident memory grew by {(bytesAfter - bytes) >> 20} MiB");
    }

    [Fact]
    public void Every_option_together_leaves_no_tensor_behind()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(30, images: true);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var counts = new Dictionary<long, long>();
        var watch = new Watcher((done, _) => counts[done] = torch.Tensor.TotalCount);
        var job = new TrainingJob
        {
            Model = model,
            Set = TrainingSet.Unweighted(samples),
            Images = Small.Loader(samples),
            HeldOut = TrainingSet.Unweighted(Small.Samples(5, seed: 2)),
            Options = Small.Options with
            {
                Steps = 60,
                GradientCheckpointing = true,
                Packing = true,
                MicroBatchSize = 2,
                EmaDecay = 0.9,
                Precision = DType.BF16,
                CacheFeatures = true,
                Frozen = ["model.vision_tower"],
                EvalEvery = 7,
                KeepBest = true,
                CheckpointEvery = 10,
            },
            Folder = folder.Path,
        };
        Trainer.Run(job, watch, TestContext.Current.CancellationToken);
        Assert.Equal((counts[2], counts[2]), (counts[30], counts[60]));
    }

    [Theory]
    [InlineData(16 << 20)]
    [InlineData(61)] // pieces that end within an element
    public void A_checkpoint_written_in_pieces_is_whole(int pieceBytes)
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        model.Parameters.SetTrainable(_ => true);
        using var optimizer = new AdamW(model.Parameters, new AdamWSettings());
        using var snapshot = new Snapshot(model.Parameters, optimizer, null);
        var store = new CheckpointStore(folder.Path, 2, DiskFiles.Instance);
        using var writer = new CheckpointWriter(store, DiskFiles.Instance, pieceBytes);
        var set = TrainingSet.Unweighted(Small.Samples(3));
        var identity = new TrainingJob { Model = model, Set = set, Options = Small.Options, Folder = folder.Path }.Identity();
        for (var step = 1; step <= 3; step++)
        {
            var state = new TrainerState { Step = step, Counters = new(), LastLoss = null, Loss = new(), Identity = identity };
            writer.Begin(state, snapshot.Take());
            writer.Finish();
            Assert.Equal(step, store.Whole(_ => { }).First().Step);
        }
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
