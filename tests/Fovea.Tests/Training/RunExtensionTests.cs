using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Torch;
using Fovea.Training.Checkpoints;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>A finished run is continued to more steps where its past does not depend on their number, and ends in the bits of the longer run.</summary>
public sealed class RunExtensionTests
{
    public RunExtensionTests() => TorchRuntime.Start(1);

    private static TrainingOptions Constant =>
        Small.Options with { Steps = 6, Schedule = ScheduleKind.Constant, WarmupSteps = null, WarmupRatio = 0.1, EmaDecay = 0.5 };

    private static TrainingOptions Wsd => Small.Options with { Steps = 10, Schedule = ScheduleKind.Wsd, DecayRatio = 0.4 };

    [Fact]
    public void A_constant_schedule_goes_on_from_its_last_step_to_the_bits_of_the_longer_run()
    {
        using TemporaryFolder whole = new(), parts = new();
        var longer = Constant with { Steps = 9 };
        ResumeTests.Train(whole, options: longer);
        ResumeTests.Train(parts, options: Constant);
        RunExtension.Check(parts.Path, Constant, longer);
        Assert.Equal(6, ResumeTests.Train(parts, options: longer).ResumedFrom);
        AssertSame(whole, parts, "model/model.safetensors", "model-ema/model.safetensors");
    }

    [Fact]
    public void Warmup_steps_decay_goes_on_from_before_its_decay()
    {
        using TemporaryFolder whole = new(), parts = new();
        var longer = Wsd with { Steps = 14 };
        ResumeTests.Train(whole, options: longer);
        ResumeTests.Train(parts, options: Wsd with { CheckpointEvery = 1 });
        Assert.Equal(6, ResumeTests.Train(parts, options: longer with { CheckpointEvery = 1 }).ResumedFrom);
        AssertSame(whole, parts, "model/model.safetensors");
    }

    [Fact]
    public void What_depends_on_the_number_of_steps_is_a_clear_no_before_anything_is_touched()
    {
        using TemporaryFolder cosine = new(), warm = new(), none = new();
        ResumeTests.Train(cosine, options: Small.Options with { Steps = 6, CheckpointEvery = 6 });
        AssertNo("cosine schedule", cosine, Small.Options with { Steps = 6, CheckpointEvery = 6 }, 8);
        ResumeTests.Train(warm, options: Constant with { WarmupRatio = 0.5 });
        AssertNo("training.warmup_steps=3", warm, Constant with { WarmupRatio = 0.5 }, 12);
        AssertNo("no whole checkpoint", none, Constant, 12);
    }

    [Fact]
    public void A_run_that_cannot_be_extended_is_refused_and_keeps_its_checkpoints()
    {
        using var folder = new TemporaryFolder();
        var cosine = Small.Options with { Steps = 6, CheckpointEvery = 6 };
        ResumeTests.Train(folder, options: cosine);
        AssertKept(folder, "from 6 to 8 steps: step 4 was made at learning rate", () => ResumeTests.Train(folder, options: cosine with { Steps = 8 }));
        Assert.Equal(6, ResumeTests.Train(folder, options: cosine).ResumedFrom);
    }

    [Fact]
    public void A_run_whose_checkpoint_before_its_decay_is_torn_is_refused_before_anything_is_touched()
    {
        using var folder = new TemporaryFolder();
        var (was, longer) = (Wsd with { CheckpointEvery = 10 }, Wsd with { Steps = 14, CheckpointEvery = 10 });
        ResumeTests.Train(folder, options: was);
        RunExtension.Check(folder.Path, was, longer);
        File.WriteAllBytes(folder["checkpoints/step-00000006/optimizer.safetensors"], []);
        AssertKept(folder, "from 10 to 14 steps", () => RunExtension.Check(folder.Path, was, longer));
        AssertKept(folder, "from 10 to 14 steps", () => ResumeTests.Train(folder, options: longer));
    }

    [Fact]
    public void What_was_logged_and_evaluated_only_as_the_old_end_is_taken_out()
    {
        using TemporaryFolder whole = new(), parts = new(), sparse = new();
        var longer = Constant with { Steps = 9, EvalEvery = 4 };
        WithHeldOut(whole, longer);
        WithHeldOut(parts, longer with { Steps = 6 });
        Assert.Contains("eval_loss", Lines(parts)[^1], StringComparison.Ordinal);
        Assert.Equal(6, WithHeldOut(parts, longer).ResumedFrom);
        Assert.Equal(Lines(whole), Lines(parts));
        Assert.Equal([4, 8, 9], Evaluations(whole));
        Assert.Equal([4, 8, 9], Evaluations(parts)); // and none after 6

        WithHeldOut(sparse, longer with { Steps = 6, EvalEvery = null, LogEvery = 4 });
        WithHeldOut(sparse, longer with { EvalEvery = null, LogEvery = 4 });
        Assert.Equal([4, 8, 9], Lines(sparse).Select(l => (int)JsonNode.Parse(l)!["step"]!));
    }

    [Fact]
    public void Fewer_steps_are_another_run()
    {
        using var folder = new TemporaryFolder();
        ResumeTests.Train(folder, options: Constant);
        ResumeTests.AssertRefused("training.steps", () => ResumeTests.Train(folder, options: Constant with { Steps = 5 }));
    }

    private static TrainingSummary WithHeldOut(TemporaryFolder folder, TrainingOptions options)
    {
        using var model = Small.Text();
        return Trainer.Run(
            new TrainingJob
            {
                Model = model,
                Set = TrainingSet.Unweighted(Small.Samples(30)),
                HeldOut = TrainingSet.Unweighted(Small.Samples(7, seed: 8)),
                Options = options,
                Folder = folder.Path,
            },
            new SilentProgress(), TestContext.Current.CancellationToken);
    }

    // Without what depends on the clock and the machine.
    private static string[] Lines(TemporaryFolder folder) =>
        [.. File.ReadLines(folder["metrics.jsonl"]).Select(l => l[..l.IndexOf(",\"seconds\"", StringComparison.Ordinal)] + "}")];

    private static long[] Evaluations(TemporaryFolder folder) =>
        [.. WatchingTests.Events(folder).Where(e => e.Summary?.Value.Any(v => v.Tag == "eval/loss") == true).Select(e => e.Step)];

    private static void AssertKept(TemporaryFolder folder, string why, Action extend)
    {
        var before = Directory.GetFileSystemEntries(folder["checkpoints"]).Order(StringComparer.Ordinal).ToArray();
        Assert.Contains(why, Assert.Throws<FoveaException>(extend).Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder["checkpoints"]).Order(StringComparer.Ordinal));
    }

    private static void AssertNo(string why, TemporaryFolder folder, TrainingOptions was, int steps)
    {
        var message = Assert.Throws<FoveaException>(() => RunExtension.Check(folder.Path, was, was with { Steps = steps })).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains($"from {was.Steps} to {steps} steps", message, StringComparison.Ordinal);
    }

    private static void AssertSame(TemporaryFolder a, TemporaryFolder b, params string[] files) =>
        Assert.All(files, f => Assert.True(File.ReadAllBytes(a[f]).AsSpan().SequenceEqual(File.ReadAllBytes(b[f])), $"{f} differs"));
}
