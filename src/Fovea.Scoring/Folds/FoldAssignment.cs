using Fovea.Core.Randomness;

namespace Fovea.Scoring.Folds;

/// <summary>
/// Splits a corpus into folds for cross-fitting: reference k is trained on <see cref="IsTrainedOn"/> and scores only the samples of fold k, so that neither a
/// sample nor one of its images is scored by a model that was trained on it. Samples that are trained on and not scored are left
/// out of each fold with which they share an image. Depends only on the samples' keys, images and the seed.
/// </summary>
public sealed class FoldAssignment
{
    private readonly Dictionary<SampleKey, FoldRow> _rows;

    private FoldAssignment(int count, long seed, IReadOnlyList<FoldRow> rows)
    {
        Count = count;
        Seed = seed;
        Rows = rows;
        _rows = rows.ToDictionary(r => r.Key);
    }

    /// <summary>Number of folds, k.</summary>
    public int Count { get; }

    /// <summary>What the assignment was drawn with.</summary>
    public long Seed { get; }

    /// <summary>One row per sample: those to be scored first, each set in its order.</summary>
    public IReadOnlyList<FoldRow> Rows { get; }

    /// <summary>Assigns groups of samples with an image in common in random order, each to the fold with the fewest samples so far.</summary>
    /// <param name="scored">The samples to be scored, in record order.</param>
    /// <param name="folds">k, at least 2.</param>
    /// <param name="seed">Of the order.</param>
    /// <param name="alsoTrained">Samples that references are trained on and that are not scored.</param>
    /// <exception cref="FoveaException">There are fewer groups than folds.</exception>
    public static FoldAssignment ByImage(IReadOnlyList<Sample> scored, int folds, long seed, IReadOnlyList<Sample>? alsoTrained = null)
    {
        if (folds < 2)
        {
            throw new UsageException($"folds: expected at least 2, got {folds}");
        }

        var keys = new ImageKeys();
        var groups = SampleGroups.ByImage(scored, keys);
        if (groups.Count < folds)
        {
            throw new FoveaException($"folds: the corpus has {groups.Count} group{(groups.Count == 1 ? "" : "s")} of samples with an image in common, fewer "
                + $"than {folds} folds; use fewer folds");
        }

        var (foldOf, sizes) = (new int[scored.Count], new int[folds]);
        foreach (var g in new RandomSource(seed, "score/folds").Permutation(groups.Count))
        {
            var fold = Array.IndexOf(sizes, sizes.Min());
            sizes[fold] += groups[g].Count;
            groups[g].ForEach(i => foldOf[i] = fold);
        }

        var foldOfImage = new Dictionary<ImageKey, int>();
        for (var i = 0; i < scored.Count; i++)
        {
            foreach (var image in keys.Of(scored[i]))
            {
                foldOfImage[image] = foldOf[i];
            }
        }

        return new FoldAssignment(folds, seed,
        [
            .. scored.Select((s, i) => new FoldRow(s.Key, true, [foldOf[i]])),
            .. (alsoTrained ?? []).Select(s => new FoldRow(s.Key, false,
                [.. keys.Of(s).Where(foldOfImage.ContainsKey).Select(k => foldOfImage[k]).Distinct().Order()])),
        ]);
    }

    /// <summary>
    /// Holds a share of a corpus out: fold 0 is what is held out, fold 1 the rest, and no image is in both. Groups of samples
    /// with an image in common are taken in random order until they are the share of all samples; text-only samples likewise, so that both kinds are in
    /// both parts where there are enough.
    /// </summary>
    /// <param name="samples">The corpus, in record order.</param>
    /// <param name="share">Of the samples, above 0 and below 1; at least one group is held out and one remains.</param>
    /// <param name="seed">Of the order.</param>
    /// <exception cref="FoveaException">There are fewer than two groups.</exception>
    public static FoldAssignment ByShare(IReadOnlyList<Sample> samples, double share, long seed)
    {
        var groups = SampleGroups.ByImage(samples, new ImageKeys());
        if (groups.Count < 2)
        {
            throw new FoveaException($"split: the corpus has {groups.Count} group{(groups.Count == 1 ? "" : "s")} of samples with an image in common; expected "
                + $"at least 2, one to hold out");
        }

        var heldOut = new HashSet<int>();
        foreach (var kind in groups.ToLookup(g => samples[g[0]].Images.Count > 0).OrderByDescending(k => k.Key))
        {
            var all = kind.ToArray();
            var wanted = Math.Max(share * all.Sum(g => g.Count), heldOut.Count == 0 ? 1 : 0);
            var taken = 0;
            foreach (var g in new RandomSource(seed, $"split/{(kind.Key ? "images" : "text")}").Permutation(all.Length)
                .Take(all.Length - (kind.Count() == groups.Count ? 1 : 0)))
            {
                if (taken + (all[g].Count / 2.0) > wanted && heldOut.Count > 0)
                {
                    break;
                }

                taken += all[g].Count;
                heldOut.UnionWith(all[g]);
            }
        }

        return new FoldAssignment(2, seed, [.. samples.Select((s, i) => new FoldRow(s.Key, true, [heldOut.Contains(i) ? 0 : 1]))]);
    }

    /// <summary>An assignment that was made before.</summary>
    internal static FoldAssignment Of(int count, long seed, IReadOnlyList<FoldRow> rows) => new(count, seed, rows);

    /// <summary>The fold that holds a sample, from 0: the reference of this number scores it.</summary>
    /// <exception cref="InvalidInputException">The sample was not among those to be scored.</exception>
    public int FoldOf(SampleKey key) => Row(key) is { IsScored: true } row
        ? row.LeftOutOf[0]
        : throw new InvalidInputException(key.Source, key.Record,
            "is in no fold: its file was given to be trained on and not to be scored; assign folds over the corpus that is scored");

    /// <summary>Whether the reference of <paramref name="fold"/> is trained on this sample.</summary>
    /// <exception cref="InvalidInputException">Nothing is known of the sample.</exception>
    public bool IsTrainedOn(int fold, SampleKey key) => !Row(key).LeftOutOf.Contains(fold);

    private FoldRow Row(SampleKey key) => _rows.TryGetValue(key, out var row)
        ? row
        : throw new InvalidInputException(key.Source, key.Record, "is not in the fold assignment; assign folds over all files that are scored or trained on");
}

/// <summary>What a fold assignment says of one sample.</summary>
/// <param name="Key">The sample.</param>
/// <param name="IsScored">Whether it is to be scored: then it is in exactly one fold.</param>
/// <param name="LeftOutOf">The folds whose references must not be trained on it, ascending; for a scored sample its own.</param>
public sealed record FoldRow(SampleKey Key, bool IsScored, IReadOnlyList<int> LeftOutOf);
