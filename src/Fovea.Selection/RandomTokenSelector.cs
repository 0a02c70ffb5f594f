using Fovea.Core.Randomness;

namespace Fovea.Selection;

/// <summary>
/// A control for VIG at the same token share: exactly <paramref name="supervisedTokens"/> targets carry loss. Text-only samples and end tokens keep theirs;
/// the rest is drawn uniformly over the other targets of the samples with an image. A token's draw depends only on seed, sample and position.
/// </summary>
/// <param name="seed">Of the draws.</param>
/// <param name="supervisedTokens">As counted by <see cref="SelectionReport.SupervisedTokens"/> of the selection to match.</param>
public sealed class RandomTokenSelector(long seed, long supervisedTokens) : RandomSelector("random_tokens", seed, "supervised_tokens_wanted", supervisedTokens)
{
    /// <summary>The method in the catalogue.</summary>
    public static SelectorDefinition Definition { get; } = new(
        "random-tokens", "a control: random tokens, as many as VIG, or the method of --like, keeps", VigMethods.OfControls,
        r => new RandomTokenSelector(r.Seed, r.Count().SupervisedTokens));

    public override bool WeighsTokens => true;

    public override ISelection Fit(IEnumerable<TokenScores> scores)
    {
        var drawn = new List<(SampleKey Key, int Count)>();
        long always = 0, free = 0;
        foreach (var sample in scores.Where(s => s.InvalidReason is null))
        {
            var ends = sample.HasImage ? sample.EndTargets.Length : sample.TargetIds.Length;
            always += ends;
            free += sample.TargetIds.Length - ends;
            if (sample.HasImage)
            {
                drawn.Add((sample.Key, sample.TargetIds.Length - ends));
            }
        }

        var wanted = Wanted - always;
        if (wanted < 0 || wanted > free)
        {
            throw new UsageException(
                $"supervised tokens: expected {always} (text-only and end tokens) to {always + free} (all), got {Wanted}; give the number that a selection of "
                    + $"this corpus kept");
        }

        var isDrawn = Lowest(drawn.SelectMany(d => Keys(d.Key, d.Count)), wanted);
        return new PerSampleSelection(sample => Decision.Keep(Mask(sample, isDrawn)));
    }

    private IEnumerable<ulong> Keys(SampleKey key, int count)
    {
        var random = new RandomSource(Seed, "select/random/" + key.Source, key.Record);
        for (var i = 0; i < count; i++)
        {
            yield return random.NextBits();
        }
    }

    private float[] Mask(TokenScores sample, Func<ulong, bool> isDrawn)
    {
        var mask = new float[sample.TargetIds.Length];
        foreach (var end in sample.EndTargets)
        {
            mask[end] = 1f;
        }

        using var keys = Keys(sample.Key, mask.Length).GetEnumerator();
        for (var t = 0; t < mask.Length; t++)
        {
            if (mask[t] == 0 && keys.MoveNext() && isDrawn(keys.Current))
            {
                mask[t] = 1f;
            }
        }

        return mask;
    }
}
