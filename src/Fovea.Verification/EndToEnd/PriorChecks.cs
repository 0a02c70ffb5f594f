using Fovea.Selection;
using Fovea.Store;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>PRIOR: the reference's log-probabilities, the weights that follow, and the losses of a model under them.</summary>
internal static class PriorChecks
{
    private const string File = "captions.json", Images = "images";

    public static void Run(FixtureFolder fixture, ScoredFile scorer, CheckList checks)
    {
        var tolerances = fixture.Json.Need("tolerance");
        var nats = new Tolerance(tolerances.Number("png_nats"), 0);
        var captions = fixture.Json.List("prior").ToList();
        var rows = scorer.Prior(File, Images);
        checks.Measure("prior.target_ids", () => EndToEndCase.Each(captions, rows, (c, r) => Difference.Exact<int>(c.Ints("target_ids"), r.TargetIds)));
        checks.Measure("prior.reference_log_prob", () => EndToEndCase.Each(captions, rows, (c, r) => Difference.Numbers(
            c.Numbers("reference_log_prob"), Doubles(r.LogProbs[Conditions.TextOnlyReference]), nats)));
        var seen = scorer.Vig(File, Images, EndToEndCase.Proxies(fixture));
        var losses = seen.Select(r => Array.ConvertAll(r.LogProbs[Conditions.Image], v => -(double)v)).ToList();
        checks.Measure("prior.model_nll", () => EndToEndCase.Each(captions, losses, (c, nll) => Difference.Numbers(c.Numbers("model_nll"), nll, nats)));
        foreach (var alpha in captions[0].Need("weights").EnumerateObject().Select(w => w.Name))
        {
            var weights = Weights(rows, alpha);
            checks.Measure($"prior.weights.{alpha}", () => EndToEndCase.Each(captions, weights, (c, w) => Difference.Numbers(
                c.Need("weights").Numbers(alpha), Doubles(w), new Tolerance(tolerances.Number("weights"), 0))));
            checks.Measure($"prior.loss.{alpha}", () => EndToEndCase.Each(captions, [.. weights.Zip(losses, Loss)], (c, loss) => Difference.Numbers(
                [c.Need("loss").Number(alpha)], [loss], new Tolerance(tolerances.Number("losses"), 0))));
        }
    }

    // As training reads them: selected, then scaled to the targets that are left.
    private static List<float[]> Weights(IReadOnlyList<TokenScores> rows, string alpha)
    {
        var selected = new PriorSelector(double.Parse(alpha, CultureInfo.InvariantCulture)).Apply(rows);
        return [.. selected.Weights.Select(w => WeightNormalizer.Normalize(w.Weights, w.Weights!.Length, selected.Normalization))];
    }

    private static double Loss(float[] weights, double[] nll) => weights.Zip(nll, (w, l) => w * l).Sum() / nll.Length;

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);
}
