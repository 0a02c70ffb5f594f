namespace Fovea.Selection.Neighbours;

/// <summary>
/// A method that keeps every sample and weighs its targets by that sample's scores alone. Targets that were not scored weigh 0.
/// </summary>
/// <param name="method">Its name in the weights file.</param>
/// <param name="conditions">The conditions it reads.</param>
/// <param name="weights">Weights <c>[targets]</c> of a sample; finite and not negative.</param>
/// <param name="fields">Its options, by field.</param>
public sealed class TokenWeighing(
    string method, IReadOnlyCollection<string> conditions, Func<TokenScores, float[]> weights, IReadOnlyDictionary<string, string>? fields = null) : ISelector
{
    public WeightNormalization Normalization { get; init; } = WeightNormalization.None;

    public bool WeighsTokens => true;

    public IReadOnlyCollection<string> Conditions => conditions;

    public ScoreFacts Facts { get; init; }

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>(fields ?? new Dictionary<string, string>()) { ["method"] = method };

    public ISelection Fit(IEnumerable<TokenScores> scores) => new PerSampleSelection(sample => Decision.Keep(weights(sample)));

    /// <summary>Fields of numbers and texts, numbers in round-trip form.</summary>
    internal static Dictionary<string, string> Fields(params (string Field, object Value)[] fields) =>
        fields.ToDictionary(f => f.Field, f => f.Value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : f.Value.ToString()!);

    /// <summary>A weight for each leading value, zero for the targets behind them: <c>[targets]</c>.</summary>
    internal static float[] Of<T>(TokenScores sample, ReadOnlySpan<T> values, Func<T, double> weight)
    {
        var weights = new float[sample.TargetIds.Length];
        for (var t = 0; t < values.Length; t++)
        {
            weights[t] = (float)weight(values[t]);
        }

        return weights;
    }
}
