using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Scoring.Proxies;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>
/// From image files and a LLaVA JSON through tokenizer, template, image processor, blur and model to a score store, and from it to VIG,
/// thresholds, kept samples, PRIOR's weights and losses: everything that <c>fovea score</c> and <c>fovea select</c> do.
/// </summary>
internal static class EndToEndCase
{
    private const string Png = "png", Jpeg = "jpeg";

    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        var tolerances = fixture.Json.Need("tolerance");
        using var model = ModelFolder.Load(fixture["model"]);
        using var reference = ModelFolder.Load(fixture["reference"]);
        var scorer = new ScoredFile(fixture, model, reference);
        var samples = fixture.Json.List("samples").ToList();
        checks.Attempt("input_ids", () => Ids(scorer, samples, checks));
        var png = scorer.Vig("data.json", "images", Proxies(fixture));
        Conditions(Png, samples, png, new Tolerance(tolerances.Number("png_nats"), 0), checks);
        checks.Attempt(Jpeg, () => Conditions(
            Jpeg, [.. fixture.Json.List("samples_jpeg")], [.. scorer.Vig("data_jpeg.json", "images_jpeg", Proxies(fixture)).Where(r => r.LogProbs.Count > 0)],
            new Tolerance(tolerances.Number("jpeg_nats"), 0), checks));
        checks.Attempt("selection", () => SelectionChecks.Run(fixture, png, new Tolerance(tolerances.Number("tau_and_vig_nats"), 0), checks));
        checks.Attempt("prior", () => PriorChecks.Run(fixture, scorer, checks));
    }

    /// <summary>The proxies of the case, by the names that its JSON gives their conditions.</summary>
    public static Dictionary<string, VisionlessProxy> Proxies(FixtureFolder fixture) => new()
    {
        ["blur"] = new BlurProxy(fixture.Json.Number("sigma")),
        ["black"] = new BlackProxy(),
        ["mean"] = new MeanProxy(),
        ["none"] = new NoneProxy(),
    };

    // What the model is fed, after expansion: ids and the places of the targets.
    private static void Ids(ScoredFile scorer, List<JsonElement> samples, CheckList checks)
    {
        var expanded = scorer.Tokenize("data.json", "images")
            .Select(t => SampleExpander.Expand(scorer.Model, t, [.. t.Images.Select(_ => scorer.Blank)], int.MaxValue)).ToList();
        checks.Measure("input_ids", () => Each(samples, expanded, (s, e) => Difference.Exact<int>(s.Ints("input_ids"), e.InputIds)));
        checks.Measure("target_positions", () => Each(samples, expanded, (s, e) => Difference.Exact<int>(s.Ints("target_positions"), e.TargetIndices)));
    }

    private static void Conditions(string name, List<JsonElement> samples, IReadOnlyList<TokenScores> rows, Tolerance tolerance, CheckList checks)
    {
        var proxies = new Dictionary<string, string> { [Core.Scores.Conditions.Image] = Core.Scores.Conditions.Image };
        foreach (var condition in rows.SelectMany(r => r.LogProbs.Keys).Distinct().Where(c => c != Core.Scores.Conditions.Image))
        {
            proxies[condition.StartsWith(Core.Scores.Conditions.Visionless("blur"), StringComparison.Ordinal)
                ? "blur" : condition[Core.Scores.Conditions.Visionless("").Length..]] = condition;
        }

        foreach (var (proxy, condition) in proxies)
        {
            checks.Measure($"{name}.log_prob.{proxy}", () => Each(samples, rows, (s, r) => s.Try("log_prob") is { } logProbs
                ? Difference.Numbers(logProbs.Numbers(proxy), Array.ConvertAll(r.LogProbs[condition], v => (double)v), tolerance)
                : Difference.Same(0, r.LogProbs.Count)));
        }

        checks.Measure($"{name}.samples", () => Difference.Same(samples.Count, rows.Count));
    }

    /// <summary>The worst difference over samples and what we have of each.</summary>
    public static Difference Each<T>(IReadOnlyList<JsonElement> expected, IReadOnlyList<T> actual, Func<JsonElement, T, Difference> compare)
    {
        if (expected.Count != actual.Count)
        {
            throw new ReferenceException($"{actual.Count} samples, expected {expected.Count}");
        }

        return expected.Zip(actual, compare).Aggregate((a, b) => a.Or(b));
    }
}
