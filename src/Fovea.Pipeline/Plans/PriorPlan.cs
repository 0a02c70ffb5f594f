using Fovea.Core.Errors;

namespace Fovea.Pipeline.Plans;

/// <summary>How PRIOR weighs tokens.</summary>
public sealed record PriorPlan
{
    /// <summary>Exponent of 1 - p_ref; 1 in the paper.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>With k of 2 or more, each sample is scored by a reference that saw neither it nor its image; 0: one reference for all.</summary>
    public int Folds { get; init; }

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        RunConfig.Range("prior.alpha", Alpha, 0, double.MaxValue);
        if (Folds is 1 or < 0)
        {
            throw new FoveaException($"'prior.folds': expected 0 (one reference for all) or at least 2, got {Folds}");
        }
    }
}
