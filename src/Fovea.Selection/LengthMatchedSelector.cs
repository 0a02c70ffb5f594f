using Fovea.Core.Randomness;

namespace Fovea.Selection;

/// <summary>
/// A control for a method's choice of samples: random ones, as many and as long as those that it keeps. Samples with an image are sorted by their number of
/// targets and cut into <see cref="NumGroups"/> groups of equal size; of each group exactly as many are drawn, uniformly, as the method keeps of it, with all
/// their targets. Text-only samples stay. A sample's draw depends only on seed and sample.
/// </summary>
/// <param name="seed">Of the draws.</param>
/// <param name="matched">Whose choice is matched.</param>
public sealed class LengthMatchedSelector(long seed, ISelector matched) : ISelector
{
    /// <summary>Groups by length, at most; samples of one length are never parted.</summary>
    public const int NumGroups = 20;

    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new(
        "random-lengths", "a control: random samples, as many and as long as VIG, or the method of --like, keeps", VigMethods.OfControls,
        r => new LengthMatchedSelector(r.Seed, r.Matched()));

    public WeightNormalization Normalization => WeightNormalization.None;

    public bool WeighsTokens => false;

    public IReadOnlyCollection<string> Conditions => matched.Conditions;

    public ScoreFacts Facts => matched.Facts;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>(matched.Describe().Select(d => KeyValuePair.Create("matched." + d.Key, d.Value)))
    {
        ["method"] = "random_lengths",
        ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
    };

    public ISelection Fit(IEnumerable<TokenScores> scores)
    {
        var chosen = matched.Fit(scores);
        var samples = scores.Where(PerSampleSelection.IsRanked)
            .Select(s => (Length: s.TargetIds.Length, Draw: Draw(s.Key), Kept: chosen.Decide(s).DropReason is null)).ToList();
        var firsts = Groups([.. samples.Select(s => s.Length).Order()]);
        var drawn = samples.GroupBy(s => GroupOf(firsts, s.Length))
            .SelectMany(g => g.Select(s => s.Draw).Order().Take(g.Count(s => s.Kept))).ToHashSet();
        return new PerSampleSelection(sample => drawn.Contains(Draw(sample.Key)) ? Decision.Keep(null) : Decision.Drop("not drawn"));
    }

    // Lengths at which groups begin, ascending.
    private static int[] Groups(int[] lengths) =>
        lengths.Length == 0 ? [] : [.. Enumerable.Range(0, NumGroups).Select(g => lengths[(long)g * lengths.Length / NumGroups]).Distinct()];

    private static int GroupOf(int[] firsts, int length) => Array.FindLastIndex(firsts, f => f <= length);

    private ulong Draw(SampleKey key) => new RandomSource(seed, "select/random_lengths/" + key.Source, key.Record).NextBits();
}
