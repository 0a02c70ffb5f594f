using Fovea.Selection;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>VIG of tokens and samples, thresholds, kept samples and masks.</summary>
internal static class SelectionChecks
{
    public static void Run(FixtureFolder fixture, IReadOnlyList<TokenScores> rows, Tolerance tolerance, CheckList checks)
    {
        var samples = fixture.Json.List("samples").ToList();
        var proxies = EndToEndCase.Proxies(fixture);
        foreach (var (name, proxy) in proxies)
        {
            checks.Measure($"vig.{name}", () => EndToEndCase.Each(samples, rows, (s, r) => s.Try("vig") is { } vig
                ? Difference.Numbers(vig.Numbers(name), VisualInformationGain.OfTokens(r, Conditions.Image, proxy.Condition), tolerance)
                : Difference.Same(0, r.LogProbs.Count)));
            checks.Measure($"sample_vig.{name}", () => EndToEndCase.Each(samples, rows, (s, r) => s.Try("sample_vig") is { } vig
                ? Difference.Numbers([vig.Number(name)], [VisualInformationGain.OfSample(r, Conditions.Image, proxy.Condition, out _)], tolerance)
                : Difference.Same(0, r.LogProbs.Count)));
        }

        foreach (var percent in fixture.Json.Need("selection").EnumerateObject())
        {
            checks.Attempt($"selection.{percent.Name}", () => Select(samples, percent, rows, proxies["blur"].Condition, tolerance, checks));
        }
    }

    private static void Select(
        List<JsonElement> samples, JsonProperty percent, IReadOnlyList<TokenScores> rows, string without, Tolerance tolerance, CheckList checks)
    {
        var expected = percent.Value;
        var options = new VigOptions { Percent = decimal.Parse(percent.Name, CultureInfo.InvariantCulture), Without = without };
        var selected = new VigSelector(options).Apply(rows);
        var kept = selected.Weights.Zip(samples, (w, s) => (Row: w, Id: s.Text("id")))
            .Where(p => p.Row.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).ToList();
        var name = $"selection.{percent.Name}";
        checks.Measure($"{name}.tau", () => Difference.Numbers([expected.Number("tau")], [selected.Report.Tau ?? double.NaN], tolerance));
        checks.Measure($"{name}.kept", () => Difference.Exact<string?>([.. expected.List("kept").Select(k => k.GetString())], [.. kept.Select(k => k.Id)]));
        checks.Measure($"{name}.token_weights", () => kept
            .Select(k => Difference.Exact<double>(expected.Need("token_weights").Numbers(k.Id), Weights(k.Row, rows)))
            .Aggregate((a, b) => a.Or(b)));
        checks.Measure($"{name}.supervised_tokens", () => Difference.Same<long>(expected.Int("supervised_tokens"), selected.Report.SupervisedTokens));
        checks.Measure($"{name}.all_tokens", () => Difference.Same<long>(expected.Int("all_tokens"), selected.Report.Targets));
    }

    private static double[] Weights(TokenWeights row, IReadOnlyList<TokenScores> rows) => row.Weights is { } weights
        ? Array.ConvertAll(weights, w => (double)w)
        : [.. Enumerable.Repeat(1.0, rows.First(r => r.Key == row.Key).TargetIds.Length)];
}
