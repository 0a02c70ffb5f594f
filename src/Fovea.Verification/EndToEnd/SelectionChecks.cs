using System.Globalization;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.EndToEnd;

/// <summary>VIG's thresholds, kept samples and token weights, from the scores of the store.</summary>
internal static class SelectionChecks
{
    public static void Run(FixtureFolder fixture, CheckList checks, IReadOnlyList<TokenScores> scores)
    {
        var toleranceNats = fixture.Json.Need("tolerance").Number("tau_and_vig_nats");
        foreach (var percent in fixture.Json.Need("selection").EnumerateObject())
        {
            var selection = new VigSelector(new VigOptions
            {
                Percent = decimal.Parse(percent.Name, CultureInfo.InvariantCulture),
                Without = "blur",
            }).Apply(scores);
            var expected = percent.Value;
            var kept = scores.Zip(selection.Weights).Where(p => p.Second.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).ToList();
            checks.Measure($"tau.{percent.Name}", () => new Difference(
                Math.Abs(expected.Number("tau") - (selection.Report.Tau ?? double.NaN)), toleranceNats));
            checks.Measure($"kept.{percent.Name}", () => Difference.Exact<string?>(
                [.. expected.List("kept").Select(k => k.GetString())], [.. kept.Select(k => k.First.Id)]));
            checks.Measure($"token_weights.{percent.Name}", () => Difference.Exact<double>(
                [.. kept.SelectMany(k => expected.Need("token_weights").Numbers(k.First.Id!))],
                [.. kept.SelectMany(k => k.Second.Weights ?? [.. k.First.TargetIds.Select(_ => 1f)]).Select(w => (double)w)]));
            checks.Measure($"supervised_tokens.{percent.Name}", () => Difference.Exact<long>(
                [expected.Int("supervised_tokens"), expected.Int("all_tokens")], [selection.Report.SupervisedTokens, selection.Report.Targets]));
        }
    }
}
