namespace Fovea.Selection;

/// <summary>The last pass over the scores: asks a fitted method for each sample's row and counts what is kept.</summary>
internal sealed class SelectionPass(ISelector selector, ISelection selection)
{
    // Weights that come of the text alone hold for any context.
    private readonly bool _seesContext = selector.Conditions.Any(c => c != Conditions.TextOnlyReference);
    private readonly bool _readsScores = selector.Conditions.Count > 0;
    private int _samples, _kept, _dropped, _textOnly, _invalid;
    private readonly WeightStatistics _weights = new(selector.Normalization);
    private long _targets, _supervised, _visualTargets, _supervisedVisual;

    public IEnumerable<TokenWeights> Rows(IEnumerable<TokenScores> scores)
    {
        foreach (var sample in scores)
        {
            _samples++;
            yield return Row(sample);
        }
    }

    public SelectionReport Report()
    {
        var (mean, largest, effective) = _weights.Values;
        return new SelectionReport
        {
            Samples = _samples,
            Kept = _kept,
            Dropped = _dropped,
            TextOnly = _textOnly,
            Invalid = _invalid,
            Targets = _targets,
            SupervisedTokens = _supervised,
            VisualTargets = _visualTargets,
            SupervisedVisualTokens = _supervisedVisual,
            Tau = selection.Tau,
            TokenTau = selection.TokenTau,
            MeanWeight = mean,
            LargestWeight = largest,
            EffectiveTokens = effective,
        };
    }

    public Dictionary<string, string> Metadata()
    {
        var metadata = new Dictionary<string, string>(selector.Describe());
        foreach (var (field, value) in Report().Fields())
        {
            metadata[field] = value;
        }

        return metadata;
    }

    private TokenWeights Row(TokenScores sample)
    {
        if (sample.InvalidReason is { } invalid)
        {
            _invalid++;
            return Row(sample, SelectionStatus.Invalid, invalid, null);
        }

        var targets = sample.TargetIds.Length;
        _targets += targets;
        if (!sample.HasImage)
        {
            _textOnly++;
            _supervised += targets;
            _weights.AddOnes(targets);
            return Row(sample, SelectionStatus.TextOnly, null, null);
        }

        _visualTargets += targets;
        var decision = selection.Decide(sample);
        if (decision.DropReason is { } reason)
        {
            _dropped++;
            return Row(sample, SelectionStatus.Dropped, reason, null);
        }

        _kept++;
        var supervised = Supervised(targets, decision.Weights);
        _supervised += supervised;
        _supervisedVisual += supervised;
        if (decision.Weights is { } weights)
        {
            _weights.Add(weights);
        }
        else
        {
            _weights.AddOnes(targets);
        }

        return Row(sample, SelectionStatus.Kept, null, decision.Weights);
    }

    private TokenWeights Row(TokenScores sample, SelectionStatus status, string? reason, float[]? weights) =>
        new(sample.Key, sample.TextFingerprint, status, reason, weights)
        {
            ContextFingerprint = _seesContext ? sample.ContextFingerprint : null,
            ConversationFingerprint = _readsScores && status is SelectionStatus.Kept or SelectionStatus.Dropped ? sample.ConversationFingerprint : null,
            ImageHash = _seesContext ? sample.ImageHash : null,
        };

    // Weights that are all zero mean one each where they are normalised (PRIOR), and nothing where they are masks (VIG).
    private int Supervised(int targets, float[]? weights)
    {
        if (weights is null)
        {
            return targets;
        }

        var positive = 0;
        foreach (var weight in weights)
        {
            positive += weight > 0 ? 1 : 0;
        }

        return positive == 0 && selector.Normalization == WeightNormalization.TargetCount ? targets : positive;
    }
}
