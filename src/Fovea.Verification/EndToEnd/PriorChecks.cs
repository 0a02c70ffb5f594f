using System.Globalization;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Scoring;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>PRIOR: the reference's log-probabilities of captions, the weights that follow, and the weighted loss of the vision-language model.</summary>
internal static class PriorChecks
{
    public static void Run(
        FixtureFolder fixture, CheckList checks, VisionLanguageModel model, ScoreStores stores, SampleEncoder encoder, VisionLanguageModel reference, ICorpus corpus)
    {
        var tolerance = fixture.Json.Need("tolerance");
        var expected = fixture.Json.List("prior").ToDictionary(p => p.Text("id"));
        var scores = stores.Prior(reference, corpus);
        checks.Measure("captions", () => Difference.Exact<string?>([.. fixture.Json.List("prior").Select(p => p.Text("id"))], [.. scores.Select(s => s.Id)]));
        checks.Measure("reference_target_ids", () => Difference.Exact<int>(
            [.. scores.SelectMany(s => expected[s.Id!].Ints("target_ids").Append(-1))], [.. scores.SelectMany(s => s.TargetIds.Append(-1))]));
        checks.Measure("reference_log_prob", () => Difference.Numbers(
            [.. scores.SelectMany(s => expected[s.Id!].Numbers("reference_log_prob"))],
            [.. scores.SelectMany(s => s.LogProbs[Conditions.TextOnlyReference]).Select(v => (double)v)], new Tolerance(tolerance.Number("png_nats"), 0)));
        var nll = ModelNll(fixture, model, encoder, corpus);
        checks.Measure("model_nll", () => Difference.Numbers(
            [.. scores.SelectMany(s => expected[s.Id!].Numbers("model_nll"))], [.. scores.SelectMany(s => nll[s.Id!])], new Tolerance(tolerance.Number("png_nats"), 0)));
        foreach (var alpha in fixture.Json.List("prior").First().Need("weights").EnumerateObject().Select(w => w.Name))
        {
            var weights = scores.ToDictionary(s => s.Id!, s => Weights(s, double.Parse(alpha, CultureInfo.InvariantCulture)));
            checks.Measure($"weights.{alpha}", () => Difference.Numbers(
                [.. scores.SelectMany(s => expected[s.Id!].Need("weights").Numbers(alpha))],
                [.. scores.SelectMany(s => weights[s.Id!]).Select(w => (double)w)], new Tolerance(tolerance.Number("weights"), 0)));
            checks.Measure($"loss.{alpha}", () => Difference.Numbers(
                [.. scores.Select(s => expected[s.Id!].Need("loss").Number(alpha))],
                [.. scores.Select(s => weights[s.Id!].Zip(nll[s.Id!], (w, n) => w * n).Sum() / nll[s.Id!].Length)], new Tolerance(tolerance.Number("losses"), 0)));
        }
    }

    private static float[] Weights(TokenScores scores, double alpha)
    {
        var raw = PriorSelector.Weights(scores.LogProbs[Conditions.TextOnlyReference], alpha);
        return WeightNormalizer.Normalize(raw, raw.Length, WeightNormalization.TargetCount);
    }

    private static Dictionary<string, double[]> ModelNll(FixtureFolder fixture, VisionLanguageModel model, SampleEncoder encoder, ICorpus corpus)
    {
        var images = new ImageLoader(corpus, ImageProcessor.Load(fixture["model"]));
        return corpus.Samples.ToDictionary(s => s.Id!, sample =>
        {
            var tokens = encoder.Encode(sample);
            var expanded = SampleExpander.Expand(model, tokens, images.Normalized(tokens));
            return Array.ConvertAll(TargetLogProbs.Compute(model, [expanded])[0], v => -(double)v);
        });
    }
}
