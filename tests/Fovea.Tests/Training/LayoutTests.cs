using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Running;
using FsCheck.Xunit;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>
/// However a global batch is laid out, it has one loss and one gradient. Limits: 1e-12 in float64, 1e-5 in float32, of the largest magnitude in a tensor.
/// </summary>
public sealed class LayoutTests
{
    public LayoutTests() => TorchRuntime.Start(1);

    public static TheoryData<int, int?, int, bool> Layouts => new()
    {
        { 1, null, 1 << 20, false }, { 2, null, 1 << 20, false }, { 8, null, 1 << 20, true }, { 8, null, 1, false }, { 1, null, 3, true },
        { 8, 40, 1 << 20, false }, { 1, 64, 1 << 20, true }, { 2, 30, 2, false },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Text_in_float64_has_one_gradient(int rows, int? pack, int headRows, bool recompute) =>
        AssertSame(() => Doubled(Small.Text()), rows, pack, headRows, recompute, images: false, 1e-12);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Images_in_float64_have_one_gradient(int rows, int? pack, int headRows, bool recompute) =>
        AssertSame(() => Doubled(Small.Llava()), rows, pack, headRows, recompute, images: true, 1e-12);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Images_in_float32_have_one_gradient(int rows, int? pack, int headRows, bool recompute) =>
        AssertSame(() => Small.Llava(), rows, pack, headRows, recompute, images: true, 1e-5);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Patches_in_float32_have_one_gradient(int rows, int? pack, int headRows, bool recompute) =>
        AssertSame(() => Small.Solo(), rows, pack, headRows, recompute, images: true, 1e-5);

    [Fact]
    public void Only_the_projector_trained_gets_the_same_gradient_with_recomputation()
    {
        using var model = Small.Llava();
        var samples = Samples(model, 4, images: true);
        var whole = Gradients(model, samples, new StepLayout(4), n => n.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal));
        var again = Gradients(model, samples, new StepLayout(4, Recompute: true), n => n.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal));
        Assert.Equal(4, whole.Keys.Count(k => k.StartsWith("model.multi_modal_projector.", StringComparison.Ordinal)));
        AssertClose(whole, again, 1e-6);
    }

    [Property(MaxTest = 20)]
    public void A_token_of_weight_0_changes_a_gradient_only_as_context(int seed)
    {
        using var model = Small.Text();
        var random = new RandomSource(seed, "perturbation");
        var sample = Small.Samples(1, seed)[0];
        var weights = sample.TargetIndices.Select(_ => random.Chance(0.5) ? (float)random.NextDouble() : 0f).ToArray();
        weights[0] = 0.5f;
        var last = Array.FindLastIndex(weights, w => w != 0);
        var before = Gradients(model, [Small.Weighted(model, sample, weights)], new StepLayout(1), _ => true);

        // What follows the last weighted token is not even read.
        for (var i = sample.TargetIndices[last] + 1; i < sample.InputIds.Length; i++)
        {
            sample.InputIds[i] = 4 + random.Next(Small.Vocab - 4);
        }

        var after = Gradients(model, [Small.Weighted(model, sample, weights)], new StepLayout(1), _ => true);
        AssertClose(before, after, 0);
    }

    [Fact]
    public void A_prediction_of_weight_0_adds_nothing_to_the_heads_gradient()
    {
        using var model = Small.Text();
        var sample = Small.Samples(1)[0];
        var weights = new float[sample.TargetIndices.Length];
        weights[^1] = 1;
        var one = Gradients(model, [Small.Weighted(model, sample, weights)], new StepLayout(1), _ => true);

        // The same context, whose only target is the last token.
        var alone = sample with { TargetIndices = [sample.TargetIndices[^1]], EndTargets = [0], TargetSpans = [default] };
        AssertClose(one, Gradients(model, [Small.Weighted(model, alone)], new StepLayout(1), _ => true), 0);
    }

    private static void AssertSame(Func<DecoderModel> make, int rows, int? pack, int headRows, bool recompute, bool images, double limit)
    {
        using var model = make();
        var samples = Samples(model, 8, images);
        var expected = Gradients(model, samples, new StepLayout(8), _ => true);
        var actual = Gradients(model, samples, new StepLayout(rows, pack, headRows * Small.Vocab * 4L, recompute), _ => true);
        AssertClose(expected, actual, limit);
    }

    [Fact]
    public void A_token_outside_the_models_vocabulary_is_named_before_any_tensor_is_made()
    {
        using var model = Small.Llava();
        var sample = Small.Samples(1, images: false)[0];
        foreach (var id in (int[])[model.VocabSize, -7])
        {
            var foreign = sample with { InputIds = [id, .. sample.InputIds[1..]] };
            var error = Assert.Throws<InvalidInputException>(() => SampleExpander.Expand(model, foreign, []));
            Assert.Contains($"token id {id} is outside", error.Message, StringComparison.Ordinal);
        }
    }

    private static WeightedSample[] Samples(DecoderModel model, int count, bool images)
    {
        var random = new RandomSource(4, "weights");
        var samples = Small.Samples(count, images: images);
        var loader = Small.Loader(samples);
        return [.. samples.Select(s => WeightedSample.Create(
            s.Key, SampleExpander.Expand(model, s, s.Images.Count > 0 ? loader.Normalized(s) : []),
            [.. s.TargetIndices.Select(_ => random.Chance(0.3) ? 0f : (float)random.NextDouble())]))];
    }

    private static Dictionary<string, double[]> Gradients(DecoderModel model, WeightedSample[] samples, StepLayout layout, Func<string, bool> trains)
    {
        using var scope = torch.NewDisposeScope();
        model.Parameters.SetTrainable(trains);
        foreach (var (_, parameter) in model.Parameters.All)
        {
            parameter.grad = null;
        }

        var step = new TrainStep(model, null!, layout, null);
        var sum = samples.Sum(s => s.Weights.Sum(w => (double)w));
        var loss = step.Rows(samples).Chunk(layout.MicroBatchSize).Sum(micro => step.Accumulate(micro, sum));
        var all = model.Parameters.All.Where(p => p.Value.grad is not null)
            .ToDictionary(p => p.Key, p => p.Value.grad!.to(torch.ScalarType.Float64).contiguous().data<double>().ToArray());
        Assert.NotEmpty(all);
        all["loss"] = [loss];
        return all;
    }

    private static void AssertClose(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual, double limit)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, values) in expected)
        {
            if (name.EndsWith("k_proj.bias", StringComparison.Ordinal))
            {
                // It moves all scores of a query alike: the gradient is 0 but for rounding, and so has no scale of its own.
                Assert.All(values.Concat(actual[name]), v => Assert.InRange(v, -1e-9, 1e-9));
                continue;
            }

            var bound = limit * values.Max(Math.Abs);
            var worst = values.Zip(actual[name]).Max(p => Math.Abs(p.First - p.Second));
            Assert.True(worst <= bound, $"{name}: {worst} apart, at most {bound}");
        }
    }

    private static DecoderModel Doubled(DecoderModel model)
    {
        using (model)
        {
            var doubled = new ParameterSet();
            foreach (var (name, tensor) in model.Parameters.All)
            {
                doubled.Add(name, tensor.to(torch.ScalarType.Float64));
            }

            return model is LlavaModel llava ? new LlavaModel(llava.Config, doubled) : new TextModel(model.Decoder.Config, doubled);
        }
    }
}
