using System.Runtime.InteropServices;
using Fovea.Core.Randomness;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class TrainStepTests
{
    public TrainStepTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public void Micro_batches_give_the_gradients_of_the_whole_batch(int microBatchSize)
    {
        using var model = Small.Text();
        var random = new RandomSource(2, "weights");
        var samples = Small.Samples(8).Select(s => Small.Weighted(
            model, s, [.. s.TargetIndices.Select(_ => random.Chance(0.3) ? 0f : (float)random.NextDouble())])).ToArray();
        var whole = Gradients(model, samples, 8);
        var parts = Gradients(model, samples, microBatchSize);
        Assert.Equal(whole.Keys, parts.Keys);
        foreach (var (name, expected) in whole)
        {
            // Sums in another order: 1e-5 of the largest magnitude in float32.
            var limit = 1e-5 * expected.Max(Math.Abs);
            Assert.All(expected.Zip(parts[name]), p => Assert.True(Math.Abs(p.First - p.Second) <= limit, $"{name}: {p}"));
        }
    }

    [Fact]
    public void Leaving_tokens_of_weight_0_out_keeps_the_gradients()
    {
        using var model = Small.Text();
        var samples = Small.Samples(4);
        float[] Mask(int count) => [.. Enumerable.Range(0, count).Select(i => i % 3 == 0 ? 0.7f : 0f)];
        var filtered = samples.Select(s => Small.Weighted(model, s, Mask(s.TargetIndices.Length))).ToArray();
        var full = samples.Select(s => Small.Weighted(model, s) with { Weights = Mask(s.TargetIndices.Length) }).ToArray();
        Assert.All(filtered.Zip(full), p => Assert.True(p.First.Sample.TargetIndices.Length < p.Second.Sample.TargetIndices.Length));
        var (a, b) = (Gradients(model, filtered, 4), Gradients(model, full, 4));
        foreach (var (name, expected) in b)
        {
            var limit = 1e-5 * expected.Max(Math.Abs);
            Assert.All(expected.Zip(a[name]), p => Assert.True(Math.Abs(p.First - p.Second) <= limit, $"{name}: {p}"));
        }
    }

    [Fact]
    public void What_stands_in_a_last_token_of_weight_0_changes_no_bit()
    {
        using var model = Small.Text();
        var samples = Small.Samples(4);
        float[] weights = [.. Enumerable.Repeat(1f, samples[0].TargetIndices.Length - 1), 0f];
        var before = Gradients(model, [Small.Weighted(model, samples[0], weights)], 4);
        samples[0].InputIds[^1] = samples[0].InputIds[^1] == 9 ? 10 : 9;
        var after = Gradients(model, [Small.Weighted(model, samples[0], weights)], 4);
        Assert.All(before, p => Assert.Equal(p.Value, after[p.Key]));
    }

    [Fact]
    public void A_step_without_weight_makes_no_update()
    {
        using var model = Small.Text();
        model.Parameters.SetTrainable(_ => true);
        using var optimizer = new AdamW(model.Parameters, new AdamWSettings(WeightDecay: 1));
        var before = Copy(model.Parameters.All);
        var sample = Small.Samples(1)[0];
        var result = new TrainStep(model, optimizer, new StepLayout(4), 1).Run([Small.Weighted(model, sample, new float[sample.TargetIndices.Length])], 0.1);
        Assert.Null(result.Loss);
        Assert.Equal(0, result.WeightSum);
        Assert.All(before, p => Assert.Equal(p.Value, Copy(model.Parameters.All)[p.Key]));
    }

    // With beta1 = 0 the first moment is the gradient; with rate 0 nothing moves.
    private static Dictionary<string, float[]> Gradients(DecoderModel model, WeightedSample[] samples, int microBatchSize)
    {
        model.Parameters.SetTrainable(_ => true);
        using var optimizer = new AdamW(model.Parameters, new AdamWSettings(Beta1: 0));
        Assert.NotNull(new TrainStep(model, optimizer, new StepLayout(microBatchSize), null).Run(samples, 0).Loss);
        return Copy(optimizer.State().Where(s => s.Key.StartsWith("exp_avg.", StringComparison.Ordinal)));
    }

    private static Dictionary<string, float[]> Copy(IEnumerable<KeyValuePair<string, torch.Tensor>> tensors) =>
        tensors.ToDictionary(t => t.Key, t => MemoryMarshal.Cast<byte, float>(t.Value.bytes).ToArray());
}
