namespace Fovea.Selection;

/// <summary>Plain training: every sample, every target, weight one.</summary>
public sealed class UniformSelector : ISelector
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new("uniform", "every sample and token, with weight 1", [], _ => new UniformSelector());

    public WeightNormalization Normalization => WeightNormalization.None;

    public bool WeighsTokens => false;

    public IReadOnlyCollection<string> Conditions => [];

    public ScoreFacts Facts => ScoreFacts.None;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string> { ["method"] = "uniform" };

    public ISelection Fit(IEnumerable<TokenScores> scores) => new PerSampleSelection(_ => Decision.Keep(null));
}
