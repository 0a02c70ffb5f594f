using Fovea.Core.Results;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Scenes;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Scoring.Proxies;

namespace Fovea.Pipeline.Findings;

/// <summary>Token scores by word class, and how well each score finds the words that need the image.</summary>
public static class TokenTables
{
    private static readonly string[] Classes = ["colour", "position", "shape", "size", "background", "count", "filler", "boilerplate",
        "noise", "prior_following"];

    private static readonly (string Key, string Title)[] Against = [("auc", "others"), ("auc_noise", "noise"),
        ("auc_prior_following", "prior-following words")];

    /// <summary>The two tables.</summary>
    public static IEnumerable<FindingTable> Of(StudyDesign study, FinishedPlan run)
    {
        var seeds = study.Seeds.Select(s => EvalResultFile.Read(Path.Combine(run.FolderOf(s, "eval/token-scores"), "token_scores.result.json"))).ToArray();
        var names = Scores(study);
        var against = Against.Where((a, i) => i < 2 || Has(seeds, m => m.StartsWith(a.Key + "/", StringComparison.Ordinal))).ToArray();
        const string Note = "Held-out captions; unit: scene. The n of an AUC counts pairs of tokens; its interval comes from its scenes' shares of the pairs, on the logit scale.";
        yield return new FindingTable("token_means", "Token scores by word class (nats; 1 - p_ref is a probability)", Note,
            [.. names.Select(n => new FindingColumn(n.Name, n.Title))],
            [.. Classes.Where(c => Has(seeds, m => m.EndsWith("/" + c, StringComparison.Ordinal)))
                .Select(c => new FindingRow(c, c.Replace('_', '-'), [.. names.Select(n => Cell(seeds, $"mean/{n.Name}/{c}"))]))]);
        yield return new FindingTable("token_auc", "Which score finds the words that need the image (AUC)", Note,
            [.. against.Select(a => new FindingColumn(a.Key, "grounded against " + a.Title, HigherIsBetter: true))],
            [.. names.Select(n => new FindingRow(n.Name, n.Title, [.. against.Select(a => Cell(seeds, $"{a.Key}/{n.Name}"))]))]);
    }

    /// <summary>The scores that are compared, with titles.</summary>
    public static IReadOnlyList<(string Name, string Title)> Scores(StudyDesign study) =>
    [
        (TokenScore.Difference(Conditions.Image, Conditions.TextOnlyReference).Name, ScoreNames.Vig(Conditions.TextOnlyReference)),
        .. study.Proxies.Select(p => (TokenScore.Difference(Conditions.Image, VisionlessProxy.ConditionOf(p)).Name, ScoreNames.Vig(p))),
        (TokenScore.Surprise(Conditions.TextOnlyReference).Name, ScoreNames.Surprise),
    ];

    private static bool Has(EvalResult[] seeds, Func<string, bool> metric) => seeds.Any(r => r.Metrics.Any(m => metric(m.Name)));

    private static FindingCell Cell(EvalResult[] seeds, string metric)
    {
        var found = seeds.Select(r => r.Metrics.FirstOrDefault(m => m.Name == metric)).OfType<Metric>().ToArray();
        return found.Length == 0 ? new FindingCell() : FindingCell.Of(Bootstrap.AcrossSeeds(found));
    }
}
