namespace Fovea.Selection;

/// <summary>What the random controls have in common: they read no scores, and draw exactly as much as a selection kept.</summary>
/// <param name="method">The method's name in the weights file.</param>
/// <param name="seed">Of the draws.</param>
/// <param name="field">Name of <paramref name="wanted"/> in the weights file.</param>
/// <param name="wanted">How much is drawn.</param>
public abstract class RandomSelector(string method, long seed, string field, long wanted) : ISelector
{
    public WeightNormalization Normalization => WeightNormalization.None;

    public abstract bool WeighsTokens { get; }

    public IReadOnlyCollection<string> Conditions => [];

    public ScoreFacts Facts => ScoreFacts.None;

    /// <summary>Of the draws.</summary>
    private protected long Seed => seed;

    /// <summary>How much is drawn.</summary>
    private protected long Wanted => wanted;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["method"] = method,
        ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
        [field] = wanted.ToString(CultureInfo.InvariantCulture),
    };

    public abstract ISelection Fit(IEnumerable<TokenScores> scores);

    /// <summary>Takes exactly as many keys as are wanted, the lowest; of equal ones at the cut the first asked for.</summary>
    /// <param name="keys">All keys; enumerated twice, the same each time.</param>
    /// <param name="count">How many to take, at most their number.</param>
    private protected static Func<ulong, bool> Lowest(IEnumerable<ulong> keys, long count)
    {
        var (below, ties) = OrderStatistic.Find(keys, count);
        return key => key < below || (key == below && ties-- > 0);
    }
}
