using System.Globalization;
using Fovea.Core.Scores;

namespace Fovea.Cli.Scores;

/// <summary>How the weights of all trained samples are spread.</summary>
/// <param name="Mean">Mean weight; NaN without weights.</param>
/// <param name="Largest">The largest weight.</param>
/// <param name="EffectiveShare">Kish's effective sample size over the number of targets: (sum w)^2 / (n sum w^2); 1 where all are alike.</param>
/// <param name="Bins">Histogram.</param>
internal sealed record WeightsSummary(double Mean, double Largest, double EffectiveShare, IReadOnlyList<HistogramBin> Bins)
{
    /// <summary>Over the samples that are trained on; where weights are one each, they are not stored and not counted.</summary>
    public static WeightsSummary Of(IEnumerable<TokenWeights> rows)
    {
        var histogram = new TokenHistogram();
        double sum = 0, squares = 0, largest = 0;
        foreach (var weight in rows.Where(r => r.Status is SelectionStatus.Kept or SelectionStatus.TextOnly).SelectMany(r => r.Weights ?? []))
        {
            histogram.Add(weight);
            sum += weight;
            squares += (double)weight * weight;
            largest = Math.Max(largest, weight);
        }

        return new WeightsSummary(sum / histogram.Count, largest, squares > 0 ? sum * sum / (histogram.Count * squares) : double.NaN, histogram.Bins());
    }

    /// <summary>One line; none where no weights are stored.</summary>
    public IEnumerable<string> Lines() => double.IsNaN(Mean) ? [] :
        [string.Create(CultureInfo.InvariantCulture, $"weights     mean {Mean:0.000}, largest {Largest:0.000}; effective number of targets (sum w)^2 / sum w^2: {100 * EffectiveShare:0.0} % of all")];
}
