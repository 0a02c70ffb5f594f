using Fovea.Store;

namespace Fovea.Selection;

/// <summary>From scores to weights in one call.</summary>
public static class SelectorExtensions
{
    /// <summary>Selects, with all rows in memory.</summary>
    /// <param name="selector">The method.</param>
    /// <param name="scores">All samples of the corpus in record order; enumerated several times.</param>
    /// <exception cref="FoveaException">A sample lacks a condition the method needs, or the options cannot be met.</exception>
    public static SelectionResult Apply(this ISelector selector, IEnumerable<TokenScores> scores)
    {
        var pass = new SelectionPass(selector, selector.Fit(scores));
        TokenWeights[] rows = [.. pass.Rows(scores)];
        return new SelectionResult(rows, selector.Normalization, pass.Report(), pass.Metadata());
    }

    /// <summary>What the method would keep; holds no rows.</summary>
    /// <exception cref="FoveaException">As <see cref="Apply"/>.</exception>
    public static SelectionReport Count(this ISelector selector, IEnumerable<TokenScores> scores)
    {
        var pass = new SelectionPass(selector, selector.Fit(scores));
        foreach (var _ in pass.Rows(scores))
        {
        }

        return pass.Report();
    }

    /// <summary>Selects straight into a weights file, row by row: memory does not grow with the tokens of the corpus.</summary>
    /// <param name="selector">The method.</param>
    /// <param name="scores">All samples of the corpus in record order; enumerated several times.</param>
    /// <param name="path">The weights file, written atomically.</param>
    /// <param name="metadata">What else to say of the weights, by field, e.g. the provenance of the scores.</param>
    /// <param name="files">The disk; null for the real one.</param>
    /// <exception cref="FoveaException">As <see cref="Apply"/>, no target of a sample with an image would carry loss, or the file cannot be
    /// written.</exception>
    public static SelectionReport WriteWeights(
        this ISelector selector, IEnumerable<TokenScores> scores, string path, IReadOnlyDictionary<string, string>? metadata = null, IFileLayer? files = null)
    {
        var pass = new SelectionPass(selector, selector.Fit(scores));
        WeightsFile.Write(path, pass.Rows(scores), selector.Normalization, () =>
        {
            if (pass.Report() is { LearnsNothing: true } nothing)
            {
                throw new FoveaException(
                    $"none of the {nothing.VisualTargets} targets of samples with an image would carry loss, so that training could learn nothing from an "
                        + $"image; lower the threshold (--token-tau, --token-p, --p) or select without --strict-paper");
            }

            var all = pass.Metadata();
            foreach (var (field, value) in metadata ?? new Dictionary<string, string>())
            {
                all.TryAdd(field, value);
            }

            return all;
        }, files);
        return pass.Report();
    }
}
