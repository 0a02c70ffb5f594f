namespace Fovea.Pipeline.Scores;

/// <summary>One score of a target that is made of its log-probabilities: VIG against a visionless condition, in nats, or PRIOR's 1 - p_ref.</summary>
/// <param name="Condition">What the image is compared with, or the text-only reference for PRIOR's score.</param>
/// <param name="IsVig">Whether it is VIG.</param>
public sealed record DerivedScore(string Condition, bool IsVig)
{
    /// <summary>PRIOR's.</summary>
    public static DerivedScore Surprise { get; } = new(Conditions.TextOnlyReference, IsVig: false);

    /// <summary>Its key in JSON.</summary>
    public string Key => IsVig ? "vig." + Condition : "one_minus_p_ref";

    /// <summary>Its name.</summary>
    public string Title => IsVig ? ScoreNames.Vig(Condition) : ScoreNames.Surprise;

    /// <summary>Its name for the head of a narrow column.</summary>
    public string ColumnHead => IsVig ? "VIG " + ScoreNames.ColumnHead(Condition) : "1 - p_ref";

    /// <summary>VIG against a condition.</summary>
    public static DerivedScore Vig(string condition) => new(condition, IsVig: true);

    /// <summary>All that a sample's scores hold.</summary>
    public static IEnumerable<DerivedScore> AllOf(TokenScores scores) =>
    [
        .. scores.LogProbs.ContainsKey(Conditions.Image) ? scores.LogProbs.Keys.Where(c => c != Conditions.Image).Select(Vig) : [],
        .. scores.LogProbs.ContainsKey(Conditions.TextOnlyReference) ? [Surprise] : (DerivedScore[])[],
    ];

    /// <summary>Whether a sample's scores hold it.</summary>
    public bool IsIn(TokenScores scores) => scores.LogProbs.ContainsKey(Condition) && (!IsVig || scores.LogProbs.ContainsKey(Conditions.Image));

    /// <summary>Of one target; NaN where the model's length limit cut it off.</summary>
    public double Of(TokenScores scores, int target) => Of(scores, [target]);

    /// <summary>Of a word, the targets of which are one event: the sum of their VIG, or 1 - p of all of them.</summary>
    public double Of(TokenScores scores, IReadOnlyList<int> targets)
    {
        var logProbs = scores.LogProbs[Condition];
        if (!IsVig)
        {
            return TokenMeasures.OneMinusProbability(targets.Sum(t => (double)logProbs[t]));
        }

        var image = scores.LogProbs[Conditions.Image];
        return targets.Sum(t => TokenMeasures.Difference(image[t], logProbs[t]));
    }

    /// <summary>Of the leading targets that were scored: <c>[scored targets]</c>.</summary>
    public double[] OfScored(TokenScores scores) => IsVig
        ? TokenMeasures.Differences(scores.LogProbs[Conditions.Image], scores.LogProbs[Condition])
        : [.. scores.LogProbs[Condition].TakeWhile(x => !float.IsNaN(x)).Select(x => TokenMeasures.OneMinusProbability(x))];
}
