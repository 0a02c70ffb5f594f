using Fovea.Core.Results;

namespace Fovea.Evaluation.Statistics;

/// <summary>One scored thing: its unit (a scene), its score and whether it belongs to the positive class.</summary>
public readonly record struct ScoredItem(int Unit, double Score, bool Positive);

/// <summary>
/// Area under the ROC curve by ranks (Mann and Whitney's U over the number of pairs): the share of (positive, negative) pairs
/// in which the positive scores higher, ties counting one half. O(n log n).
/// </summary>
public static class Auc
{
    /// <summary>
    /// The AUC over all pairs, also those across units, as one metric whose ratio of sums is the AUC exactly.
    /// A pair belongs to two units, so unit u gets the wins it takes part in, on either side, less its equal part of all wins (pairs likewise):
    /// the linear terms of the U-statistic, which give its variance to first order. Its interval is made on the logit scale (<see cref="Clustered"/>): a bootstrap
    /// of these terms leaves [0, 1] with few units, and covers less.
    /// A unit's sums depend on all the others: results of shards are not to be concatenated, compute from the pooled items instead.
    /// </summary>
    /// <param name="name">Metric name.</param>
    /// <param name="units">Number of units; those without items hold nothing.</param>
    /// <param name="items">Scored things.</param>
    /// <exception cref="ArgumentException">A score is NaN.</exception>
    public static Metric ByUnit(string name, int units, IReadOnlyList<ScoredItem> items)
    {
        var wins = WinsOf(items);
        var numerators = new double[units];
        var denominators = new double[units];
        double positives = items.Count(i => i.Positive), negatives = items.Count - positives;
        double total = 0, used = items.Select(i => i.Unit).Distinct().Count();
        for (var i = 0; i < items.Count; i++)
        {
            numerators[items[i].Unit] += wins[i];
            denominators[items[i].Unit] += items[i].Positive ? negatives : positives;
            total += items[i].Positive ? wins[i] : 0;
        }

        foreach (var u in items.Select(i => i.Unit).Distinct())
        {
            numerators[u] -= total / used;
            denominators[u] -= positives * negatives / used;
        }

        return positives * negatives == 0
            ? new Metric(name, true, new double[units], new double[units]) { IsShare = true }
            : new Metric(name, true, numerators, denominators) { IsShare = true };
    }

    /// <summary>For each positive the negatives below it, for each negative the positives above it, ties one half: <c>[items]</c>.</summary>
    private static double[] WinsOf(IReadOnlyList<ScoredItem> items)
    {
        if (items.Any(i => double.IsNaN(i.Score)))
        {
            throw new ArgumentException("a score is NaN", nameof(items));
        }

        var order = Enumerable.Range(0, items.Count).ToArray();
        var scores = items.Select(i => i.Score).ToArray();
        Array.Sort(scores, order);
        var wins = new double[items.Count];
        double positivesBelow = 0, negativesBelow = 0, positives = items.Count(i => i.Positive);
        for (int start = 0, end; start < order.Length; start = end)
        {
            double tiedPositives = 0, tiedNegatives = 0;
            for (end = start; end < order.Length && scores[end].Equals(scores[start]); end++)
            {
                tiedPositives += items[order[end]].Positive ? 1 : 0;
                tiedNegatives += items[order[end]].Positive ? 0 : 1;
            }

            for (var i = start; i < end; i++)
            {
                wins[order[i]] = items[order[i]].Positive
                    ? negativesBelow + (tiedNegatives / 2)
                    : positives - positivesBelow - (tiedPositives / 2);
            }

            positivesBelow += tiedPositives;
            negativesBelow += tiedNegatives;
        }

        return wins;
    }
}
