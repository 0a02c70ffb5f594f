namespace Fovea.Selection;

/// <summary>Plain training: every sample, every target, weight one.</summary>
public sealed class UniformSelector : ISelector
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new("uniform", "every sample and token, with weight 1", [], _ => new UniformSelector());

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
