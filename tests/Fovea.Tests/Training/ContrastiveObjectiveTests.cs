using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Objective;
using Fovea.Training.Options;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class ContrastiveObjectiveTests
{
    public ContrastiveObjectiveTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(4)]
    [InlineData(3)]
    [InlineData(1)]
    public void Micro_batches_give_the_loss_and_gradients_of_the_whole_batch(int microBatchSize)
    {
        using var model = (LlavaModel)Small.Llava();
        var samples = Samples(model, 8);
        var (loss, whole) = Gradients(model, samples, 8);
        var (sameLoss, parts) = Gradients(model, samples, microBatchSize);
        Assert.Equal(loss, sameLoss, 1e-5);
        Assert.Equal(whole.Keys, parts.Keys);
        var largest = whole.Values.Max(g => g.Max(Math.Abs));
        foreach (var (name, expected) in whole)
        {
            // Sums in another order, in float32: 1e-4 of a parameter's largest, and 1e-6 of the model's, since a key's bias has a gradient of 0 but for rounding.
            var limit = (1e-4 * expected.Max(Math.Abs)) + (1e-6 * largest);
            Assert.All(expected.Zip(parts[name]), p => Assert.True(Math.Abs(p.First - p.Second) <= limit, $"{name}: {p}"));
        }
    }

    [Fact]
    public void The_loss_is_that_of_cosines_computed_one_by_one()
    {
        using var model = (LlavaModel)Small.Llava();
        var samples = Samples(model, 5);
        var (loss, _) = Gradients(model, samples, 5, temperature: 0.2);
        using var noGrad = torch.no_grad();
        var images = samples.Select(s => Mean(Rows(model.ImageFeatures(model.PackPixels(s.Sample.Images)!).squeeze(0)), null)).ToArray();
        var captions = samples.Select(s => Mean(
            Rows(model.Decoder.Embed(torch.tensor(s.Sample.TargetIndices.Select(i => (long)s.Sample.InputIds[i]).ToArray()).unsqueeze(0)).squeeze(0)),
            s.Weights)).ToArray();
        var centre = Mean(captions, null);
        var centred = captions.Select(c => c.Zip(centre, (x, m) => x - m).ToArray()).ToArray();
        double Logit(int image, int caption) => Cosine(images[image], centred[caption]) / 0.2;
        var expected = Enumerable.Range(0, 5).Average(i =>
            ((LogSum(Enumerable.Range(0, 5).Select(j => Logit(i, j))) + LogSum(Enumerable.Range(0, 5).Select(j => Logit(j, i)))) / 2) - Logit(i, i));
        Assert.Equal(expected, loss, 1e-4); // float32 against double
    }

    [Fact]
    public void Only_tower_and_projector_get_gradients()
    {
        using var model = (LlavaModel)Small.Llava();
        var (_, gradients) = Gradients(model, Samples(model, 4), 4);
        Assert.NotEmpty(gradients);
        Assert.All(gradients.Keys, name => Assert.NotEqual(ParameterPart.Decoder, ParameterPart.Of(name)));
    }

    [Fact]
    public void A_sample_without_an_image_is_named()
    {
        using var model = (LlavaModel)Small.Llava();
        var error = Assert.Throws<FoveaException>(() => new ContrastiveObjective(model, 0.07, 4).Backward([Small.Weighted(model, Small.Samples(1)[0])]));
        Assert.Contains("0 images; training.objective=contrastive needs one image in each sample", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_a_tower_is_refused_before_it_is_trained()
    {
        using var model = Small.Solo();
        var options = Small.Options with { Objective = ObjectiveKind.Contrastive };
        var error = Assert.Throws<FoveaException>(() => options.CheckNames([.. model.Parameters.Names]));
        Assert.Contains("training.objective: contrastive trains a vision tower against captions, and the model has none", error.Message, StringComparison.Ordinal);
    }

    private static WeightedSample[] Samples(LlavaModel model, int count)
    {
        var random = new RandomSource(3, "images");
        return [.. Small.Samples(2 * count, images: true).Where(s => s.Images.Count == 1).Select(s => WeightedSample.Create(
            s.Key, SampleExpander.Expand(model, s, [Image()]), [.. s.TargetIndices.Select(_ => (float)(0.1 + random.NextDouble()))]))];

        PixelValues Image() => new(3, Small.Side, Small.Side, [.. Enumerable.Range(0, 3 * Small.Side * Small.Side).Select(_ => (float)random.NextDouble())]);
    }

    private static (double Loss, SortedDictionary<string, float[]> Gradients) Gradients(
        LlavaModel model, IReadOnlyList<WeightedSample> samples, int microBatchSize, double temperature = 0.07)
    {
        model.Parameters.SetTrainable(_ => true);
        foreach (var (_, parameter) in model.Parameters.All)
        {
            parameter.grad?.zero_();
        }

        var loss = new ContrastiveObjective(model, temperature, microBatchSize).Backward(samples);
        return (loss, new SortedDictionary<string, float[]>(
            model.Parameters.All.Where(p => p.Value.grad is not null).ToDictionary(p => p.Key, p => p.Value.grad!.data<float>().ToArray())));
    }

    private static double[][] Rows(torch.Tensor matrix) =>
        [.. Enumerable.Range(0, (int)matrix.shape[0]).Select(i => matrix[i].data<float>().Select(x => (double)x).ToArray())];

    private static double[] Mean(double[][] rows, float[]? weights) =>
        [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Select((r, i) => r[c] * (weights?[i] ?? 1)).Sum() / (weights?.Sum() ?? rows.Length))];

    private static double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));

    private static double LogSum(IEnumerable<double> values) => Math.Log(values.Sum(Math.Exp));
}
