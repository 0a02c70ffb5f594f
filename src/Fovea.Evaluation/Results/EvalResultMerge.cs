using Fovea.Core.Errors;
using Fovea.Core.Results;

namespace Fovea.Evaluation.Results;

/// <summary>Puts results together without ever averaging ratios.</summary>
public static class EvalResultMerge
{
    /// <summary>
    /// Units of several shards of one evaluation, one after the other: equal to evaluating them at once.
    /// Not for AUC metrics, whose units depend on each other (<see cref="Statistics.Auc.ByUnit"/>): those are refused.
    /// </summary>
    /// <exception cref="FoveaException">The shards are not of one evaluation, lack a metric that another has, or hold an AUC.</exception>
    public static EvalResult Concat(IReadOnlyList<EvalResult> shards)
    {
        if (shards.Count == 0)
        {
            throw new FoveaException("merge: no result was given");
        }

        var first = shards[0];
        var names = first.Metrics.Select(m => m.Name).ToArray();
        foreach (var shard in shards)
        {
            if (shard.Evaluation != first.Evaluation || shard.Unit != first.Unit)
            {
                throw new FoveaException($"merge: {shard.Evaluation} per {shard.Unit} does not go with {first.Evaluation} per {first.Unit}");
            }

            if (!names.Order(StringComparer.Ordinal).SequenceEqual(shard.Metrics.Select(m => m.Name).Order(StringComparer.Ordinal)))
            {
                throw new FoveaException($"merge: shards of {first.Evaluation} do not hold the same metrics");
            }
        }

        if (names.FirstOrDefault(n => n.Split('/').Contains("auc") || n.StartsWith("auc", StringComparison.Ordinal)) is { } auc)
        {
            throw new FoveaException($"merge: {auc} is not additive over shards; compute it from the pooled scores");
        }

        return first with { Metrics = [.. first.Metrics.Select(m => Concat(m, shards))] };
    }

    /// <summary>The metrics of several evaluations on the same units as one result; each name may occur once.</summary>
    /// <exception cref="FoveaException">Units differ or a name occurs twice.</exception>
    public static EvalResult Join(string evaluation, IReadOnlyList<EvalResult> parts)
    {
        var metrics = parts.SelectMany(p => p.Metrics).ToArray();
        if (metrics.GroupBy(m => m.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FoveaException($"join: metric {twice.Key} occurs twice");
        }

        if (parts.Select(p => p.Unit).Distinct().Count() != 1 || metrics.Select(m => m.Numerators.Length).Distinct().Count() > 1)
        {
            throw new FoveaException($"join: the parts of {evaluation} do not have the same units");
        }

        return new EvalResult(evaluation, parts[0].Unit, metrics);
    }

    /// <summary>The same result with <paramref name="prefix"/> before each metric's name, e.g. <c>conflict/</c>.</summary>
    public static EvalResult WithPrefix(this EvalResult result, string prefix) =>
        result with { Metrics = [.. result.Metrics.Select(m => m with { Name = prefix + m.Name })] };

    private static Metric Concat(Metric metric, IReadOnlyList<EvalResult> shards)
    {
        var parts = shards.Select(s => s.Metrics.Single(m => m.Name == metric.Name)).ToArray();
        return metric with
        {
            Numerators = [.. parts.SelectMany(p => p.Numerators)],
            Denominators = [.. parts.SelectMany(p => p.Denominators)],
        };
    }
}
