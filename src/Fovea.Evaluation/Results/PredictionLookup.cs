namespace Fovea.Evaluation.Results;

/// <summary>Predictions by sample and turn.</summary>
internal sealed class PredictionLookup(IEnumerable<Prediction> predictions)
{
    private readonly Dictionary<(SampleKey, int), string> _texts = predictions.ToDictionary(p => (p.Key, p.Turn), p => p.Text);

    /// <summary>What was predicted.</summary>
    /// <exception cref="FoveaException">Nothing was.</exception>
    public string Text(SampleKey key, int turn) => _texts.TryGetValue((key, turn), out var text)
        ? text
        : throw new FoveaException($"predictions: {key} turn {turn} is missing; predict again on this corpus");
}
