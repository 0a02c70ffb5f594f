namespace Fovea.Scoring.Folds;

/// <summary>Connected components of samples over shared images.</summary>
internal static class SampleGroups
{
    /// <summary>Indices of the samples of each component, in order of first appearance; a sample without images is one of its own.</summary>
    public static List<List<int>> ByImage(IReadOnlyList<Sample> samples, ImageKeys keys)
    {
        var parent = Enumerable.Range(0, samples.Count).ToArray();
        var firstWith = new Dictionary<ImageKey, int>();
        for (var i = 0; i < samples.Count; i++)
        {
            foreach (var image in keys.Of(samples[i]))
            {
                if (!firstWith.TryAdd(image, i))
                {
                    Unite(parent, firstWith[image], i);
                }
            }
        }

        return [.. Enumerable.Range(0, samples.Count).GroupBy(i => Root(parent, i)).Select(g => g.ToList())];
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
