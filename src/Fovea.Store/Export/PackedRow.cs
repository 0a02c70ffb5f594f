namespace Fovea.Store.Export;

/// <summary>Several samples in one row, one behind the other, for a trainer that keeps them apart by position ids or lengths.</summary>
/// <param name="Samples">Those in it, in order.</param>
public sealed record PackedRow(IReadOnlyList<ExportedSample> Samples)
{
    private const int MostOpen = 64;

    /// <summary>Tokens of each sample: <c>[samples]</c>.</summary>
    public int[] Lengths => [.. Samples.Select(s => s.InputIds.Length)];

    /// <summary>All their ids: <c>[seq]</c>.</summary>
    public int[] InputIds => [.. Samples.SelectMany(s => s.InputIds)];

    /// <summary>All their labels: <c>[seq]</c>.</summary>
    public int[] Labels => [.. Samples.SelectMany(s => s.Labels)];

    /// <summary>All their weights: <c>[seq]</c>.</summary>
    public float[] LossWeights => [.. Samples.SelectMany(s => s.LossWeights)];

    /// <summary>The position of each token in its own sample: <c>[seq]</c>.</summary>
    public int[] PositionIds => [.. Samples.SelectMany(s => Enumerable.Range(0, s.InputIds.Length))];

    /// <summary>
    /// Packs a stream: each sample goes into the first open row that has room; of more than 64 open rows the fullest is closed. Each sample appears once,
    /// and rows depend on the input alone.
    /// </summary>
    /// <param name="samples">None longer than a row.</param>
    /// <param name="capacity">Tokens of a row.</param>
    public static IEnumerable<PackedRow> Pack(IEnumerable<ExportedSample> samples, int capacity)
    {
        var open = new List<(List<ExportedSample> Samples, int Room)>();
        foreach (var sample in samples)
        {
            var length = sample.InputIds.Length;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, capacity);
            var at = open.FindIndex(r => r.Room >= length);
            if (at < 0)
            {
                if (open.Count == MostOpen)
                {
                    var fullest = open.MinBy(r => r.Room);
                    open.Remove(fullest);
                    yield return new PackedRow(fullest.Samples);
                }

                at = open.Count;
                open.Add(([], capacity));
            }

            open[at].Samples.Add(sample);
            open[at] = (open[at].Samples, open[at].Room - length);
        }

        foreach (var row in open)
        {
            yield return new PackedRow(row.Samples);
        }
    }
}
