namespace Fovea.Core.Results;

/// <summary>
/// One metric as sufficient statistics: numerator and denominator of each unit (a scene, a photograph), reduced by sums and only then divided.
/// </summary>
/// <param name="Name">Stable name, e.g. <c>chair_i</c> or <c>qa_accuracy/colour</c>.</param>
/// <param name="HigherIsBetter">Direction; null where there is none.</param>
/// <param name="Numerators">One a unit: <c>[units]</c>.</param>
/// <param name="Denominators">One a unit: <c>[units]</c>.</param>
public sealed record Metric(string Name, bool? HigherIsBetter, double[] Numerators, double[] Denominators)
{
    /// <summary>
    /// Whether the value is a share, between 0 and 1, by what it is, although the sums of its units are none (an AUC). A metric each of whose numerators lies between 0
    /// and its denominator is one without being told.
    /// </summary>
    public bool IsShare { get; init; }

    /// <summary>Number of things counted, the sum of the denominators.</summary>
    public double Count => Denominators.Sum();

    /// <summary>Sum of numerators over sum of denominators; NaN where nothing was counted.</summary>
    public double Value => Numerators.Sum() / Denominators.Sum();
}

/// <summary>What one evaluation found, by metric; units are aligned between metrics and between models on the same data.</summary>
public sealed record EvalResult(string Evaluation, string Unit, IReadOnlyList<Metric> Metrics);
