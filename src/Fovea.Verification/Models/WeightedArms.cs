using Fovea.Models;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Torch;
using Fovea.Training.Objective;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>Token NLLs, and under each arm's weights (plain, PRIOR, VIG) the loss and the gradient of every parameter.</summary>
internal static class WeightedArms
{
    private const string Gradients = "gradients.safetensors";
    private static readonly Tolerance WeightTolerance = new(1e-6, 1e-5);

    public static void Run(FixtureFolder fixture, CheckList checks, VisionLanguageModel model, Tensor ids, Tensor? pixels)
    {
        checks.Measure("token_nll", () => TokenNll(fixture, model, ids, pixels));
        checks.Measure("weights.prior", () => PriorWeights(fixture, ids));
        checks.Measure("weights.vig", () => VigWeights(fixture, ids));
        var arms = fixture.Json.Need("loss").EnumerateObject().ToList();
        if (arms.Count == 0)
        {
            throw new ReferenceException("\"loss\" names no arm");
        }

        model.Parameters.SetTrainable(_ => true);
        foreach (var arm in arms)
        {
            using var scope = NewDisposeScope();
            Tensor? loss = null;
            checks.Measure($"loss.{arm.Name}", () =>
            {
                loss = Loss(fixture, model, ids, pixels, arm);
                return fixture.Tolerance.Worst(1, _ => loss.ToNumber(), _ => arm.Value.Number("loss"), _ => "the loss");
            });
            checks.Measure($"gradients.{arm.Name}", () =>
            {
                (loss ?? throw new ReferenceException("the loss has not been computed")).backward();
                return CompareGradients(fixture, model, arm.Name);
            });
            foreach (var (_, parameter) in model.Parameters.All)
            {
                parameter.grad = null;
            }
        }

        model.Parameters.SetTrainable(_ => false);
    }

    private static Difference TokenNll(FixtureFolder fixture, VisionLanguageModel model, Tensor ids, Tensor? pixels)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var labels = fixture.Tensor("labels", 2);
        using var batch = ReferenceBatch.WithTargets(ids, pixels, labels);
        var nll = -model.Logits(batch).log_softmax(-1).gather(-1, batch.TargetIds.unsqueeze(-1)).squeeze(-1); // [targets]
        return fixture.Tolerance.Compare(nll, At(fixture.Tensor("expected.token_nll", 2), ids, labels));
    }

    private static Tensor Loss(FixtureFolder fixture, VisionLanguageModel model, Tensor ids, Tensor? pixels, JsonProperty arm)
    {
        var labels = fixture.Tensor("labels", 2);
        var weights = At(fixture.Tensor($"weights.{arm.Name}", 2), ids, labels); // [targets]
        using var batch = ReferenceBatch.WithTargets(ids, pixels, labels);
        return TokenObjective.Loss(model.Logits(batch), batch.TargetIds, weights, weights.to(ScalarType.Float64).sum().ToNumber());
    }

    private static Difference PriorWeights(FixtureFolder fixture, Tensor ids)
    {
        var alpha = fixture.Json.Need("loss").Need("prior").Number("alpha");
        return CompareWeights(fixture, ids, "prior", "prior.p_ref", values => WeightNormalizer.Normalize(
            PriorSelector.Weights(Array.ConvertAll(values, p => (float)Math.Log(p)), alpha), values.Length, WeightNormalization.TargetCount));
    }

    private static Difference VigWeights(FixtureFolder fixture, Tensor ids)
    {
        var tau = (float)fixture.Json.Need("loss").Need("vig").Number("tau"); // the reference compares in float32
        return CompareWeights(fixture, ids, "vig", "vig.token", values => Array.ConvertAll(values, v => v >= tau ? 1f : 0f));
    }

    /// <summary>Weights made from raw scores, row by row, beside the reference's.</summary>
    private static Difference CompareWeights(FixtureFolder fixture, Tensor ids, string arm, string scores, Func<float[], float[]> derive)
    {
        var (raw, expected) = (fixture.Tensor(scores, 2).Floats(), fixture.Tensor($"weights.{arm}", 2).Floats());
        var (places, seq) = (ReferenceBatch.TargetPlaces(ids, fixture.Tensor("labels", 2)), ids.shape[1]);
        if (raw.Length != ids.numel() || expected.Length != ids.numel())
        {
            throw new ReferenceException($"{scores} has {raw.Length} values and weights.{arm} {expected.Length}, for {ids.numel()} ids");
        }

        var derived = places.GroupBy(p => p / seq).SelectMany(row => derive([.. row.Select(p => raw[p])])).ToArray();
        return WeightTolerance.Worst(places.Length, i => derived[i], i => expected[places[i]], i => $"the weight at {places[i]}");
    }

    private static Tensor At(Tensor values, Tensor ids, Tensor labels)
    {
        using var scope = NewDisposeScope();
        return values.shape.AsSpan().SequenceEqual(ids.shape)
            ? values.flatten().index_select(0, tensor(ReferenceBatch.TargetPlaces(ids, labels))).MoveToOuterDisposeScope()
            : throw new ReferenceException($"[{string.Join(", ", values.shape)}] for ids [{string.Join(", ", ids.shape)}]");
    }

    /// <summary>1e-4 of the largest magnitude in each tensor, plus 1e-7, as the fixtures state it.</summary>
    private static Difference CompareGradients(FixtureFolder fixture, VisionLanguageModel model, string arm)
    {
        var prefix = arm + ".";
        var expected = fixture.Tensors(Gradients).Where(g => g.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(g => g.Key[prefix.Length..], g => g.Value);
        if (expected.Count == 0)
        {
            throw new ReferenceException($"{Gradients} has none of arm {arm}");
        }

        var worst = new Difference(0, 1e-7);
        foreach (var (name, parameter) in model.Parameters.All)
        {
            using var scope = NewDisposeScope();
            var gradient = parameter.grad;
            if (expected.Remove(name, out var reference))
            {
                var magnitude = reference.numel() == 0 ? 0 : reference.abs().max().ToNumber();
                var found = new Tolerance((1e-4 * magnitude) + 1e-7, 0).Compare(gradient ?? zeros_like(parameter), reference);
                worst = worst.Or(found with { Where = $"{name}, {found.Where}" });
            }
            else if (gradient is not null && gradient.count_nonzero().ToNumber() > 0)
            {
                throw new ReferenceException($"{name} has a gradient, the reference has none");
            }
        }

        return expected.Count == 0 ? worst : throw new ReferenceException(
            $"the model has no parameter {expected.Keys.Order(StringComparer.Ordinal).First()}, whose gradient the reference holds");
    }
}
