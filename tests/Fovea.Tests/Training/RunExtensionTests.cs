using Fovea.Core.Errors;
using Fovea.Torch;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>A finished run is continued to more steps where its past does not depend on their number, and ends in the bits of the longer run.</summary>
public sealed class RunExtensionTests
{
    public RunExtensionTests() => TorchRuntime.Start(1);

    private static TrainingOptions Constant => Small.Options with { Steps = 6, Schedule = ScheduleKind.Constant, WarmupSteps = null, WarmupRatio = 0.1, EmaDecay = 0.5 };

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
        AssertNo("no checkpoint", none, Constant, 12);
    }

    [Fact]
    public void Fewer_steps_are_another_run()
    {
        using var folder = new TemporaryFolder();
        ResumeTests.Train(folder, options: Constant);
        ResumeTests.AssertRefused("training.steps", () => ResumeTests.Train(folder, options: Constant with { Steps = 5 }));
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
