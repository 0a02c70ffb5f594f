using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Analyses;

/// <summary>
/// Whether PRIOR and VIG would weigh the same tokens: for each visionless condition Spearman's rank correlation of the two scores over all targets (<c>spearman/CONDITION</c>, from -1 to 1), and of the top p per
/// cent of targets by VIG the share that are among PRIOR's top p per cent too (<c>top_P/CONDITION</c>; p per cent by chance), also by class of word (<c>top_P/CONDITION/CLASS</c>). The unit is the
/// photograph by its bytes, where a store has their hash, else the sample.
/// </summary>
public static class ScoreAgreement
{
    private static readonly int[] Tops = [10, 30, 50];

    /// <summary>The agreement.</summary>
    /// <param name="samples">Scores with both, and the class of each target, <c>[targets]</c>, where it is known.</param>
    /// <exception cref="FoveaException">No target has both scores.</exception>
    public static EvalResult Evaluate(IReadOnlyList<(TokenScores Scores, IReadOnlyList<string?>? Classes)> samples)
    {
        var units = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (scores, _) in samples)
        {
            units.TryAdd(UnitOf(scores), units.Count);
        }

        var sums = new MetricSums(units.Count);
        var conditions = samples.SelectMany(s => StoredScores.Of(s.Scores)).Select(s => s.Name).Where(n => n != StoredScores.Prior).Distinct().ToArray();
        foreach (var condition in conditions)
        {
            var items = samples.SelectMany(s => Items(s.Scores, s.Classes, condition, units[UnitOf(s.Scores)])).ToArray();
            if (items.Length > 1)
            {
                Add(sums, condition["vig/".Length..], items);
            }
        }

        var result = sums.ToResult("score_agreement", "photograph");
        return result.Metrics.Count > 0 ? result : throw new FoveaException("no target has a VIG and a PRIOR score; give a store with both, or a VIG store and a PRIOR store of the same corpus");
    }

    private static string UnitOf(TokenScores scores) => scores.ImageHash ?? $"{scores.Key}";

    private static void Add(MetricSums sums, string condition, Item[] items)
    {
        var (vig, prior) = (Ranks.Of([.. items.Select(i => i.Vig)]), Ranks.Of([.. items.Select(i => i.Prior)]));
        foreach (var (i, term) in Ranks.Spearman(vig, prior).Index())
        {
            sums.Add("spearman/" + condition, null, items[i].Unit, term);
        }

        foreach (var top in Tops)
        {
            // Of tied tokens none goes before another: all are in where their mean rank is.
            var edge = items.Length * (1 - (top / 100.0));
            foreach (var (i, item) in items.Index().Where(p => vig[p.Index] > edge))
            {
                var both = prior[i] > edge ? 1 : 0;
                sums.Add($"top_{top}/{condition}", null, item.Unit, both);
                if (item.Class is { } name)
                {
                    sums.Add($"top_{top}/{condition}/{name}", null, item.Unit, both);
                }
            }
        }
    }

    private static IEnumerable<Item> Items(TokenScores scores, IReadOnlyList<string?>? classes, string condition, int unit)
    {
        var of = StoredScores.Of(scores).ToArray();
        if (of.FirstOrDefault(s => s.Name == condition) is not { } vig || of.FirstOrDefault(s => s.Name == StoredScores.Prior) is not { } prior)
        {
            yield break;
        }

        for (var t = 0; t < scores.TargetIds.Length; t++)
        {
            double Value(Scenes.TokenScore score) => score.Score([.. score.Conditions.Select(c => (double)scores.LogProbs[c][t])]);
            var item = new Item(unit, Value(vig), Value(prior), classes?[t]);
            if (!double.IsNaN(item.Vig) && !double.IsNaN(item.Prior))
            {
                yield return item;
            }
        }
    }

    private readonly record struct Item(int Unit, double Vig, double Prior, string? Class);
}
