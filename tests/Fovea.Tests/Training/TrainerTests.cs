using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using Fovea.Training.Examples;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class TrainerTests
{
    public TrainerTests() => TorchRuntime.Start(1);

    [Fact]
    public void Training_on_one_batch_learns_it()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var summary = Small.Train(model, TrainingSet.Unweighted(Small.Samples(4)), null, Small.Options with { Steps = 80 }, folder.Path);
        Assert.True(summary.FinalLoss < 1, $"loss {summary.FinalLoss}");
        Assert.True(summary.MeanLoss > summary.FinalLoss);
        using var saved = ModelFolder.Load(summary.ModelFolder);
        Assert.All(model.Parameters.All, p => Assert.True(p.Value.bytes.SequenceEqual(saved.Parameters[p.Key].bytes), p.Key));
    }

    [Fact]
    public void Counters_tell_image_tokens_text_only_tokens_and_weighted_tokens_apart()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(6, images: true);
        var set = Small.Join(samples, samples.Select(s => Small.Row(s, [.. s.TargetIndices.Select((_, i) => i % 2f)])));
        var summary = Small.Train(
            model, set, Small.Loader(samples), Small.Options with { Steps = null, Epochs = 2, Frozen = ["model.vision_tower"] }, folder.Path);
        var perImage = model.ImageTokenIds(Small.Side, Small.Side).Length;
        var sums = summary.Counters;
        Assert.Equal((3, 12), (summary.Steps, sums.Samples));
        Assert.Equal(2 * samples.Sum(s => s.TargetIndices.Length), sums.SupervisedTokens);
        Assert.Equal(2 * samples.Sum(s => s.TargetIndices.Length / 2), sums.WeightedTokens);
        // A sequence ends with its last weighted target, every second one, the first left out.
        int Cut(TokenizedSample s) => s.TargetIndices.Length % 2;
        Assert.Equal(2 * samples.Sum(s => s.InputIds.Length - Cut(s) + (s.Images.Count * (perImage - 1))), sums.ForwardTokens);
        Assert.Equal(2 * samples.Where(s => s.Images.Count == 0).Sum(s => s.InputIds.Length - Cut(s)), sums.TextOnlyTokens);
        var last = JsonNode.Parse(File.ReadLines(folder["metrics.jsonl"]).Last())!;
        Assert.Equal((3, sums.SupervisedTokens, sums.ForwardTokens), ((int)last["step"]!, (long)last["supervised_tokens"]!, (long)last["forward_tokens"]!));
        Assert.Equal(0, (double)JsonNode.Parse(File.ReadLines(folder["metrics.jsonl"]).First())!["lr"]!);
    }

    [Fact]
    public void Frozen_parameters_stay_as_they_are()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        using var model = Small.Llava();
        using var start = Small.Llava();
        var samples = Small.Samples(6, images: true);
        Small.Train(model, TrainingSet.Unweighted(samples), Small.Loader(samples),
            Small.Options with { Trainable = ["model.multi_modal_projector"] }, folder.Path);
        Assert.All(model.Parameters.All, p => Assert.Equal(
            p.Key.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal), !p.Value.bytes.SequenceEqual(start.Parameters[p.Key].bytes)));
    }

    [Fact]
    public void A_step_without_weight_is_skipped_counted_and_reported()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var samples = Small.Samples(2);
        var set = Small.Join(samples, [Small.Row(samples[0], new float[samples[0].TargetIndices.Length]), Small.Row(samples[1], null)]);
        var notes = new List<string?>();
        var summary = Small.Train(model, set, null, Small.Options with { Steps = 4, BatchSize = 1 }, folder.Path, new Watcher((_, n) => notes.Add(n)));
        Assert.Equal((4, 2), (summary.Steps, summary.Counters.SkippedSteps));
        Assert.Equal(2, notes.Count(n => n!.Contains("skipped", StringComparison.Ordinal)));
        Assert.Equal(2, File.ReadLines(folder["metrics.jsonl"]).Count(l => JsonNode.Parse(l)!["loss"] is null));
    }

    [Fact]
    public void A_sample_without_a_target_under_the_length_limit_is_counted_and_told()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var samples = Small.Samples(3);
        samples[1] = samples[1] with { TargetIndices = [samples[1].InputIds.Length - 1], EndTargets = [0], TargetSpans = [default] };
        var options = Small.Options with { Steps = null, Epochs = 2, BatchSize = 3, MaxLength = 5 };
        var summary = Small.Train(model, TrainingSet.Unweighted(samples), null, options, folder.Path);
        Assert.Equal((2, 4), (summary.Counters.UnusableSamples, summary.Counters.Samples));
        Assert.Collection(summary.Notices,
            n => Assert.Contains("no_target", n, StringComparison.Ordinal),
            n => Assert.StartsWith("2 of 6 samples drawn could not be used", n, StringComparison.Ordinal));
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_with_step_samples_and_last_good_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var poison = new Watcher((done, _) =>
        {
            if (done == 7)
            {
                using var noGrad = torch.no_grad();
                model.Parameters["lm_head.weight"].fill_(float.NaN);
            }
        });
        var e = Assert.Throws<FoveaException>(() => Small.Train(
            model, TrainingSet.Unweighted(Small.Samples(30)), null, Small.Options with { CheckpointEvery = 5 }, folder.Path, poison));
        Assert.StartsWith("step 8: loss is NaN; samples: corpus.json#", e.Message, StringComparison.Ordinal);
        Assert.Contains("step-00000005", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\"step\":8", File.ReadAllText(folder["metrics.jsonl"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_left_out_and_weights_of_one_give_the_same_bits()
    {
        using TemporaryFolder without = new(), with = new();
        var samples = Small.Samples(12);
        using (var model = Small.Text())
        {
            Small.Train(model, TrainingSet.Unweighted(samples), null, Small.Options, without.Path);
        }

        using (var model = Small.Text())
        {
            var ones = samples.Select(s => Small.Row(s, [.. s.TargetIndices.Select(_ => 1f)]));
            Small.Train(model, Small.Join(samples, ones), null, Small.Options, with.Path);
        }

        static string[] Losses(TemporaryFolder folder) => [.. File.ReadLines(folder["metrics.jsonl"]).Select(l => JsonNode.Parse(l)!["loss"]!.ToJsonString())];
        Assert.Equal(Losses(without), Losses(with));
        Assert.Equal(File.ReadAllBytes(without["model/model.safetensors"]), File.ReadAllBytes(with["model/model.safetensors"]));
    }

    [Fact]
    public void An_image_without_an_image_root_is_an_error()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        Assert.Throws<InvalidInputException>(() => Small.Train(
            model, TrainingSet.Unweighted(Small.Samples(2, images: true)), null, Small.Options, folder.Path));
    }
}
