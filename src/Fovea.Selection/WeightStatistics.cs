using Fovea.Store;

namespace Fovea.Selection;

/// <summary>Sums over weights, for their mean, their largest and their effective number.</summary>
internal sealed class WeightStatistics(WeightNormalization normalization)
{
    private bool _graded;
    private long _raw;
    private double _rawSum, _largest, _sum, _squares;

    /// <summary>Mean before scaling, largest and effective number after it; nulls where all weights are 0 or 1.</summary>
    public (double? Mean, double? Largest, double? Effective) Values =>
        _graded ? ((double?)(_rawSum / _raw), (double?)_largest, (double?)(_sum * _sum / _squares)) : (null, null, null);

    /// <summary>Adds a sample whose targets weigh one each.</summary>
    public void AddOnes(int targets) => Add(targets, targets, 1);

    /// <summary>Adds a kept sample's weights <c>[targets]</c>.</summary>
    public void Add(float[] weights)
    {
        _raw += weights.Length;
        foreach (var weight in weights)
        {
            _rawSum += weight;
            _graded |= weight is not (0 or 1);
        }

        double sum = 0, squares = 0, largest = 0;
        foreach (var weight in WeightNormalizer.Normalize(weights, weights.Length, normalization))
        {
            sum += weight;
            squares += (double)weight * weight;
            largest = Math.Max(largest, weight);
        }

        Add(sum, squares, largest);
    }

    private void Add(double sum, double squares, double largest)
    {
        _sum += sum;
        _squares += squares;
        _largest = Math.Max(_largest, largest);
    }
}
