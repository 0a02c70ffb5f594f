using Fovea.Core.Scores;

namespace Fovea.Selection;

/// <summary>Plain training: every sample, every target, weight one.</summary>
public sealed class UniformSelector : ISelector
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string> { ["method"] = "uniform" };

    /// <inheritdoc/>
    public SelectionResult Apply(IEnumerable<TokenScores> scores)
    {
        var builder = new SelectionBuilder(this, WeightNormalization.None);
        foreach (var sample in scores)
        {
            if (!builder.AddUnscored(sample))
            {
                builder.Keep(sample, null);
            }
        }

        return builder.Build();
    }
}
