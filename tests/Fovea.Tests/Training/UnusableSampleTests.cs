using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>One sample's fault stops a run only past the limit, with its name, and changes nothing else.</summary>
public sealed class UnusableSampleTests
{
    private static readonly TrainingOptions Options = Small.Options with { Steps = null, Epochs = 2, BatchSize = 3, Frozen = ["model.vision_tower"] };
    private readonly List<TokenizedSample> _samples = Small.Samples(12, images: true);

    public UnusableSampleTests() => TorchRuntime.Start(1);

    [Fact]
    public void A_sample_whose_image_cannot_be_read_is_listed_once_and_leaves_its_place_without_weight()
    {
        using TemporaryFolder with = new(), without = new();
        var policy = new InvalidRecords(1);
        var summary = Train(with, policy, "4.png");
        Assert.Equal("corpus.json#4", Assert.Single(policy.Records).Key.ToString());
        Assert.Equal("image", policy.ByReason[0].Key);
        Assert.Equal((8, 2, 22), (summary.Steps, summary.Counters.UnusableSamples, summary.Counters.Samples));

        // The same as if all its weights were 0.
        var rows = _samples.Select(s => Small.Row(s, [.. s.TargetIndices.Select(_ => s.Key.Record == 4 ? 0f : 1f)]));
        using var model = Small.Llava();
        Small.Train(model, Small.Join(_samples, rows), Small.Loader(_samples), Options, without.Path);
        Assert.Equal(File.ReadAllBytes(without["model/model.safetensors"]), File.ReadAllBytes(with["model/model.safetensors"]));
    }

    [Fact]
    public void Past_the_limit_the_run_stops_with_file_and_record_and_continues_once_more_are_allowed()
    {
        using TemporaryFolder whole = new(), parts = new();
        var expected = Train(whole, new InvalidRecords(2), "4.png", "10.png");
        var error = Assert.Throws<InvalidInputException>(() => Train(parts, new InvalidRecords(1), "4.png", "10.png"));
        Assert.StartsWith($"corpus.json, record {error.Record}: image \"{error.Record}.png\": no picture; unusable records: 2, allowed: 1;", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("--max-invalid", error.Message, StringComparison.Ordinal);
        var policy = new InvalidRecords(2);
        var resumed = Train(parts, policy, "4.png", "10.png");
        Assert.NotNull(resumed.ResumedFrom);
        Assert.Equal((expected.Counters, 2), (resumed.Counters, policy.Counted));
        Assert.Equal(File.ReadAllBytes(whole["model/model.safetensors"]), File.ReadAllBytes(parts["model/model.safetensors"]));
    }

    [Fact]
    public void A_held_out_sample_that_cannot_be_used_is_found_before_the_first_step()
    {
        using var folder = new TemporaryFolder();
        var steps = 0;
        var error = Assert.Throws<InvalidInputException>(() => Evaluate(folder, new InvalidRecords(0), new InvalidRecords(0),
            new Watcher((done, _) => steps = (int)done), "2.png"));
        Assert.Contains("corpus.json, record 2: image \"2.png\": no picture", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, steps);
    }

    [Fact]
    public void A_held_out_record_is_not_the_training_record_of_the_same_name_and_number_through_a_resume_too()
    {
        using var folder = new TemporaryFolder();
        InvalidRecords training = new(1), heldOut = new(1);
        var killed = new Watcher((done, _) =>
        {
            if (done == 5)
            {
                throw new InvalidOperationException("killed");
            }
        });
        Assert.Throws<InvalidOperationException>(() => Evaluate(folder, training, heldOut, killed, "4.png"));
        (training, heldOut) = (new(1), new(1));
        var summary = Evaluate(folder, training, heldOut, new Core.Watching.SilentProgress(), "4.png");
        Assert.NotNull(summary.ResumedFrom);
        Assert.Equal("corpus.json#4", Assert.Single(training.Records).Key.ToString());
        Assert.Equal("corpus.json#4", Assert.Single(heldOut.Records).Key.ToString());
        Assert.Equal((1, 1), (training.Counted, heldOut.Counted));
    }

    [Fact]
    public void A_run_in_which_nothing_can_be_learnt_fails_with_the_reasons_as_soon_as_all_samples_were_drawn()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var late = Small.Samples(6).ConvertAll(s => s with { TargetIndices = [s.InputIds.Length - 1], EndTargets = [0], TargetSpans = [default] });
        var error = Assert.Throws<FoveaException>(() => Small.Train(model, TrainingSet.Unweighted(late), null,
            Small.Options with { Steps = 50, MaxLength = 3 }, folder.Path));
        Assert.Contains("none of 2 steps had a target with weight, so nothing can be learnt; of 6 samples, no_target 6", error.Message,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["model"]));
    }

    // The same samples are trained on and held out; those named are broken in both.
    private TrainingSummary Evaluate(TemporaryFolder folder, InvalidRecords training, InvalidRecords heldOut, Core.Watching.IProgressSink progress,
        params string[] broken)
    {
        using var model = Small.Llava();
        var job = new TrainingJob
        {
            Model = model,
            Set = TrainingSet.Unweighted(_samples),
            Images = Small.Loader(_samples, training.Limit == 0 ? [] : broken),
            HeldOut = TrainingSet.Unweighted(_samples),
            HeldOutImages = Small.Loader(_samples, broken),
            Options = Options with { CheckpointEvery = 2 },
            Folder = folder.Path,
            Invalid = training,
            HeldOutInvalid = heldOut,
        };
        return Trainer.Run(job, progress, TestContext.Current.CancellationToken);
    }

    private TrainingSummary Train(TemporaryFolder folder, InvalidRecords policy, params string[] broken)
    {
        using var model = Small.Llava();
        return Trainer.Run(
            new TrainingJob { Model = model, Set = TrainingSet.Unweighted(_samples), Images = Small.Loader(_samples, broken), Options = Options, Folder = folder.Path, Invalid = policy },
            new Core.Watching.SilentProgress(), TestContext.Current.CancellationToken);
    }
}
