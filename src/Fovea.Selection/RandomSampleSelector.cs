using Fovea.Core.Randomness;

namespace Fovea.Selection;

/// <summary>
/// A control for VIG at the same sample share: exactly <paramref name="keptSamples"/> of the samples with an image, drawn uniformly, with all their targets.
/// Text-only samples stay. A sample's draw depends only on seed and sample.
/// </summary>
/// <param name="seed">Of the draws.</param>
/// <param name="keptSamples">As counted by <see cref="SelectionReport.Kept"/> of the selection to match.</param>
public sealed class RandomSampleSelector(long seed, int keptSamples) : RandomSelector("random_samples", seed, "samples_wanted", keptSamples)
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new(
        "random-samples", "a control: random samples, as many as VIG, or the method of --like, keeps", VigMethods.OfControls,
        r => new RandomSampleSelector(r.Seed, r.Count().Kept));

    public override bool WeighsTokens => false;

    public override ISelection Fit(IEnumerable<TokenScores> scores)
    {
        var candidates = scores.Where(PerSampleSelection.IsRanked).Select(s => s.Key).ToList();
        if (Wanted < 0 || Wanted > candidates.Count)
        {
            throw new UsageException($"samples: expected 0 to {candidates.Count}, got {Wanted}; give the number that a selection of this corpus kept");
        }

        var drawn = Lowest(candidates.Select(Draw), Wanted);
        return new PerSampleSelection(sample => drawn(Draw(sample.Key)) ? Decision.Keep(null) : Decision.Drop("not drawn"));
    }

    private ulong Draw(SampleKey key) => new RandomSource(Seed, "select/random_samples/" + key.Source, key.Record).NextBits();
}
