using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;

namespace Fovea.Scoring.Folds;

/// <summary>
/// Splits a corpus into folds for cross-fitting: reference k is trained on <see cref="IsTrainedOn"/> and scores only the samples of fold k, so that no
/// sample is scored by a model that has seen it. Samples that share an image share a fold. Depends only on the samples' keys, images and the seed.
/// </summary>
public sealed class FoldAssignment
{
    private readonly Dictionary<SampleKey, int> _folds;

    private FoldAssignment(int count, Dictionary<SampleKey, int> folds)
    {
        Count = count;
        _folds = folds;
    }

    /// <summary>Number of folds, k.</summary>
    public int Count { get; }

    /// <summary>Assigns groups in random order, each to the fold with the fewest samples so far.</summary>
    /// <param name="samples">The whole corpus in record order.</param>
    /// <param name="folds">k, at least 2.</param>
    /// <param name="seed">Of the order.</param>
    /// <exception cref="FoveaException">There are fewer groups than folds.</exception>
    public static FoldAssignment ByImage(IReadOnlyList<Sample> samples, int folds, long seed)
    {
        if (folds < 2)
        {
            throw new UsageException($"folds: expected at least 2, got {folds}");
        }

        var groups = Groups(samples);
        if (groups.Count < folds)
        {
            throw new FoveaException($"folds: the corpus has {groups.Count} groups of samples with an image in common, fewer than {folds} folds; use fewer folds");
        }

        var assigned = new Dictionary<SampleKey, int>(samples.Count);
        var sizes = new int[folds];
        foreach (var g in new RandomSource(seed, "score/folds").Permutation(groups.Count))
        {
            var fold = Array.IndexOf(sizes, sizes.Min());
            sizes[fold] += groups[g].Count;
            foreach (var i in groups[g])
            {
                assigned[samples[i].Key] = fold;
            }
        }

        return new FoldAssignment(folds, assigned);
    }

    /// <summary>The fold that holds a sample, from 0: the reference of this number scores it.</summary>
    /// <exception cref="InvalidInputException">The sample was not in the corpus that was split.</exception>
    public int FoldOf(SampleKey key) => _folds.TryGetValue(key, out var fold)
        ? fold
        : throw new InvalidInputException(key.Source, key.Record, "is in no fold; assign folds over the corpus that is scored");

    /// <summary>Whether the reference of <paramref name="fold"/> is trained on this sample.</summary>
    public bool IsTrainedOn(int fold, SampleKey key) => FoldOf(key) != fold;

    // Connected components over shared image names, in order of first appearance.
    private static List<List<int>> Groups(IReadOnlyList<Sample> samples)
    {
        var parent = Enumerable.Range(0, samples.Count).ToArray();
        var firstWith = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < samples.Count; i++)
        {
            foreach (var image in samples[i].Images)
            {
                if (!firstWith.TryAdd(image, i))
                {
                    Unite(parent, firstWith[image], i);
                }
            }
        }

        var byRoot = new Dictionary<int, List<int>>();
        var groups = new List<List<int>>();
        for (var i = 0; i < samples.Count; i++)
        {
            var root = Root(parent, i);
            if (!byRoot.TryGetValue(root, out var group))
            {
                byRoot.Add(root, group = []);
                groups.Add(group);
            }

            group.Add(i);
        }

        return groups;
    }

    private static int Root(int[] parent, int i)
    {
        while (parent[i] != i)
        {
            i = parent[i] = parent[parent[i]];
        }

        return i;
    }

    private static void Unite(int[] parent, int a, int b)
    {
        var (x, y) = (Root(parent, a), Root(parent, b));
        parent[Math.Max(x, y)] = Math.Min(x, y);
    }
}
