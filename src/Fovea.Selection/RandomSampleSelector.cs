using System.Globalization;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Scores;

namespace Fovea.Selection;

/// <summary>
/// A control for VIG at the same sample share: exactly <paramref name="keptSamples"/> of the samples with an image, drawn uniformly, with all their targets.
/// Text-only samples stay. A sample's draw depends only on seed and sample.
/// </summary>
/// <param name="seed">Of the draws.</param>
/// <param name="keptSamples">As counted by <see cref="SelectionReport.Kept"/> of the selection to match.</param>
public sealed class RandomSampleSelector(long seed, int keptSamples) : ISelector
{
    /// <inheritdoc/>
    public WeightNormalization Normalization => WeightNormalization.None;

    /// <inheritdoc/>
    public bool WeighsTokens => false;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Conditions => [];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["method"] = "random_samples",
        ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
        ["samples_wanted"] = keptSamples.ToString(CultureInfo.InvariantCulture),
    };

    /// <inheritdoc/>
    public ISelection Fit(IEnumerable<TokenScores> scores)
    {
        var candidates = scores.Where(SampleRule.IsRanked).Select(s => s.Key).ToList();
        if (keptSamples < 0 || keptSamples > candidates.Count)
        {
            throw new UsageException($"samples: expected 0 to {candidates.Count}, got {keptSamples}; give the number that a selection of this corpus kept");
        }

        var (below, ties) = RankCut.Find(candidates.Select(Draw), keptSamples);
        return new SampleRule(sample =>
        {
            var draw = Draw(sample.Key);
            return draw < below || (draw == below && ties-- > 0) ? Decision.Keep(null) : Decision.Drop("not drawn");
        });
    }

    private ulong Draw(SampleKey key) => new RandomSource(seed, "select/random_samples/" + key.Source, key.Record).NextBits();
}
