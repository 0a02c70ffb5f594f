using Fovea.Selection.Groups;
using Fovea.Store;

namespace Fovea.Pipeline.Samples;

/// <summary>What a selection knows of samples beside their scores: groups, from a file or by k-means over embeddings, and numbers.</summary>
internal static class SampleGrouping
{
    /// <summary>The groups of a column; samples without an entry have none.</summary>
    public static GroupAssignment OfFile(string path, string column, JoinedStores stores, CancellationToken stop)
    {
        var texts = new SampleColumn(path, column).Read(stores.ReadKeys().ToHashSet(), stop);
        var names = texts.Values.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var index = names.Select((n, i) => (n, i)).ToDictionary(StringComparer.Ordinal);
        return new GroupAssignment(texts.Where(t => t.Value is not null).ToDictionary(t => t.Key, t => index[t.Value!]), names, $"{Path.GetFileName(path)}:{column}");
    }

    /// <summary>Clusters of embeddings whose rows are the samples of the stores, in their order.</summary>
    public static GroupAssignment OfEmbeddings(string path, int clusters, long seed, JoinedStores stores, CancellationToken stop)
    {
        using var embeddings = EmbeddingRows.Open(path);
        var keys = stores.ReadKeys().ToArray();
        if (keys.Length != embeddings.Rows)
        {
            throw new InvalidInputException(path, null,
                $"expected {keys.Length} rows, one for each sample of the score stores in their order, text-only ones too, got {embeddings.Rows}");
        }

        var groups = new KMeans(clusters, seed, stop).Cluster(embeddings);
        return new GroupAssignment(keys.Select((k, i) => (k, groups[i])).ToDictionary(),
            [.. Enumerable.Range(0, clusters).Select(c => c.ToString(CultureInfo.InvariantCulture))],
            $"{clusters} clusters of {Path.GetFileName(path)}");
    }

    /// <summary>Numbers of a column.</summary>
    public static SampleNumbers Numbers(string path, string column, JoinedStores stores, CancellationToken stop) =>
        new(new SampleColumn(path, column).ReadNumbers(stores.ReadKeys().ToHashSet(), stop), $"{Path.GetFileName(path)}:{column}");
}
