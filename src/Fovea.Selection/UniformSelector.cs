using Fovea.Core.Scores;

namespace Fovea.Selection;

/// <summary>Plain training: every sample, every target, weight one.</summary>
public sealed class UniformSelector : ISelector
{
    /// <inheritdoc/>
    public WeightNormalization Normalization => WeightNormalization.None;

    /// <inheritdoc/>
    public bool WeighsTokens => false;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Conditions => [];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string> { ["method"] = "uniform" };

    /// <inheritdoc/>
    public ISelection Fit(IEnumerable<TokenScores> scores) => new SampleRule(_ => Decision.Keep(null));
}
