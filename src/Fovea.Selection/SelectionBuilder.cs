using Fovea.Core.Scores;

namespace Fovea.Selection;

/// <summary>Collects rows and counts what they keep.</summary>
internal sealed class SelectionBuilder(ISelector selector, WeightNormalization normalization)
{
    private readonly List<TokenWeights> _rows = [];
    private int _kept, _dropped, _textOnly, _invalid;
    private long _targets, _supervised;

    /// <summary>Adds invalid and text-only samples, which every method treats alike.</summary>
    /// <returns>False where the method itself has to decide.</returns>
    public bool AddUnscored(TokenScores scores)
    {
        if (scores.InvalidReason is { } reason)
        {
            _invalid++;
            _rows.Add(new TokenWeights(scores.Key, scores.TextFingerprint, SelectionStatus.Invalid, reason, null));
            return true;
        }

        if (scores.HasImage)
        {
            return false;
        }

        _textOnly++;
        Add(scores, SelectionStatus.TextOnly, null, null);
        return true;
    }

    public void Keep(TokenScores scores, float[]? weights)
    {
        _kept++;
        Add(scores, SelectionStatus.Kept, null, weights);
    }

    public void Drop(TokenScores scores, string reason)
    {
        _dropped++;
        Add(scores, SelectionStatus.Dropped, reason, null);
    }

    public SelectionResult Build(double? tau = null)
    {
        var report = new SelectionReport
        {
            Samples = _rows.Count,
            Kept = _kept,
            Dropped = _dropped,
            TextOnly = _textOnly,
            Invalid = _invalid,
            Targets = _targets,
            SupervisedTokens = _supervised,
            Tau = tau,
        };
        var metadata = new Dictionary<string, string>(selector.Describe());
        foreach (var (field, value) in report.Fields())
        {
            metadata[field] = value;
        }

        return new SelectionResult(_rows, normalization, report, metadata);
    }

    private void Add(TokenScores scores, SelectionStatus status, string? reason, float[]? weights)
    {
        var targets = scores.TargetIds.Length;
        _targets += targets;
        if (status != SelectionStatus.Dropped)
        {
            _supervised += Supervised(targets, weights);
        }

        _rows.Add(new TokenWeights(scores.Key, scores.TextFingerprint, status, reason, weights));
    }

    // Weights that are all zero mean one each where they are normalised (PRIOR), and nothing where they are masks (VIG).
    private int Supervised(int targets, float[]? weights)
    {
        if (weights is null)
        {
            return targets;
        }

        var positive = weights.Count(w => w > 0);
        return positive == 0 && normalization == WeightNormalization.TargetCount ? targets : positive;
    }
}
