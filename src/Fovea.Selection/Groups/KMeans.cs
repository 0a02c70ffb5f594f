using System.Runtime.Intrinsics;
using Fovea.Core.Randomness;

namespace Fovea.Selection.Groups;

/// <summary>
/// k-means over the rows of an embeddings file: centres by k-means++ (Arthur and Vassilvitskii, 2007) on a seeded sample of rows spread over the file, then
/// Lloyd's steps over all rows until no row changes its cluster or the centres have come to rest. The same file and seed give the same clusters, whatever
/// the number of threads. A row as near to several centres goes to the first; a cluster that loses its last row keeps its centre, and may stay empty.
/// </summary>
/// <param name="numClusters">At least 1, and at most the number of rows.</param>
/// <param name="seed">Of the first centres.</param>
/// <param name="stop">Looked at between pieces.</param>
public sealed class KMeans(int numClusters, long seed, CancellationToken stop = default)
{
    /// <summary>Most of Lloyd's steps.</summary>
    public const int MaxSteps = 100;

    // As in scikit-learn: the centres rest when their squared moves sum to this share of the columns' mean variance.
    private const double Tolerance = 1e-4;
    private const int BlockRows = 2048, SampleRows = 1 << 15, Ahead = 16;

    /// <summary>The cluster of each row: <c>[rows]</c>.</summary>
    /// <exception cref="UsageException">There are fewer rows than clusters.</exception>
    /// <exception cref="InvalidInputException">The file cannot be read, or holds numbers that are not finite.</exception>
    public int[] Cluster(EmbeddingRows rows)
    {
        if (numClusters < 1 || numClusters > rows.Rows)
        {
            throw new UsageException($"--clusters: expected 1 to {rows.Rows}, the number of embeddings, got {numClusters}");
        }

        var (clusters, centres) = (new int[rows.Rows], FirstCentres(rows, out var variance));
        Array.Fill(clusters, -1);
        for (var step = 0; step < MaxSteps; step++)
        {
            var (changed, moved) = Step(rows, centres, clusters);
            if (changed == 0 || moved <= Tolerance * variance)
            {
                break;
            }
        }

        return clusters;
    }

    // One pass: each row to its nearest centre, each centre to the mean of its rows. Sums of blocks are added in the order of blocks.
    private (long Changed, double Moved) Step(EmbeddingRows rows, float[][] centres, int[] clusters)
    {
        var halfNorms = Array.ConvertAll(centres, c => Dot(c, c) / 2);
        var (sums, counts, changed) = (Array.ConvertAll(centres, c => new double[c.Length]), new long[centres.Length], 0L);
        var numBlocks = (rows.Rows + BlockRows - 1) / BlockRows;
        for (var block = 0; block < numBlocks; block += Ahead)
        {
            stop.ThrowIfCancellationRequested();
            var done = new Block[Math.Min(Ahead, numBlocks - block)];
            Parallel.For(0, done.Length, i => done[i] = Assign(rows, (block + i) * BlockRows, centres, halfNorms, clusters));
            foreach (var part in done)
            {
                changed += part.Changed;
                for (var c = 0; c < centres.Length; c++)
                {
                    counts[c] += part.Counts[c];
                    Add(sums[c], part.Sums[c]);
                }
            }
        }

        var moved = 0.0;
        for (var c = 0; c < centres.Length; c++)
        {
            for (var d = 0; d < centres[c].Length && counts[c] > 0; d++)
            {
                var now = (float)(sums[c][d] / counts[c]);
                moved += ((double)now - centres[c][d]) * ((double)now - centres[c][d]);
                centres[c][d] = now;
            }
        }

        return (changed, moved);
    }

    private static Block Assign(EmbeddingRows file, int first, float[][] centres, float[] halfNorms, int[] clusters)
    {
        var (count, width) = (Math.Min(BlockRows, file.Rows - first), file.Width);
        var rows = new float[count * width];
        file.Read(first, rows);
        var block = new Block(Array.ConvertAll(centres, c => new float[c.Length]), new int[centres.Length]);
        for (var r = 0; r < count; r++)
        {
            var row = rows.AsSpan(r * width, width);
            var (nearest, most) = (0, float.NegativeInfinity);
            for (var c = 0; c < centres.Length; c++)
            {
                // |x - c|^2 is least where x c - |c|^2 / 2 is largest.
                var score = Dot(row, centres[c]) - halfNorms[c];
                (nearest, most) = score > most ? (c, score) : (nearest, most);
            }

            block.Changed += clusters[first + r] == nearest ? 0 : 1;
            clusters[first + r] = nearest;
            block.Counts[nearest]++;
            var sum = block.Sums[nearest];
            for (var d = 0; d < width; d++)
            {
                sum[d] += row[d];
            }
        }

        return block;
    }

    private float[][] FirstCentres(EmbeddingRows file, out double variance)
    {
        var random = new RandomSource(seed, "select/kmeans");
        var (count, width) = (Math.Min(SampleRows, file.Rows), file.Width);
        var sample = new float[count][];
        for (var i = 0; i < count; i++)
        {
            sample[i] = new float[width];
            var at = count == file.Rows ? i : (int)((i + random.NextDouble()) * file.Rows / count);
            file.Read(Math.Min(at, file.Rows - 1), sample[i]);
        }

        variance = Variance(sample);
        var centres = new List<float[]> { (float[])sample[random.Next(count)].Clone() };
        var distances = Array.ConvertAll(sample, _ => double.PositiveInfinity);
        while (centres.Count < numClusters)
        {
            stop.ThrowIfCancellationRequested();
            var newest = centres[^1];
            Parallel.For(0, count, i => distances[i] = Math.Min(distances[i], Distance(sample[i], newest)));
            centres.Add((float[])sample[Draw(distances, random)].Clone());
        }

        return [.. centres];
    }

    // In proportion to the squared distance to the nearest centre; the first row where all are centres already.
    private static int Draw(double[] distances, RandomSource random)
    {
        var left = random.NextDouble() * distances.Sum();
        for (var i = 0; i < distances.Length; i++)
        {
            left -= distances[i];
            if (left < 0)
            {
                return i;
            }
        }

        return Array.FindLastIndex(distances, d => d > 0) is >= 0 and var last ? last : 0;
    }

    private static double Variance(float[][] rows)
    {
        var width = rows[0].Length;
        var total = 0.0;
        for (var d = 0; d < width; d++)
        {
            var mean = rows.Average(r => (double)r[d]);
            total += rows.Average(r => (r[d] - mean) * (r[d] - mean));
        }

        return total / width;
    }

    // Multiplied and added apart, eight lanes: the same bits on every processor.
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (sum, other, i) = (Vector256<float>.Zero, Vector256<float>.Zero, 0);
        for (; i + 16 <= a.Length; i += 16)
        {
            sum += Vector256.Create(a.Slice(i, 8)) * Vector256.Create(b.Slice(i, 8));
            other += Vector256.Create(a.Slice(i + 8, 8)) * Vector256.Create(b.Slice(i + 8, 8));
        }

        var total = Vector256.Sum(sum + other);
        for (; i < a.Length; i++)
        {
            total += a[i] * b[i];
        }

        return total;
    }

    private static double Distance(float[] a, float[] b)
    {
        var total = 0.0;
        for (var d = 0; d < a.Length; d++)
        {
            total += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
        }

        return total;
    }

    private static void Add(double[] to, float[] what)
    {
        for (var d = 0; d < to.Length; d++)
        {
            to[d] += what[d];
        }
    }

    private sealed record Block(float[][] Sums, int[] Counts)
    {
        public long Changed { get; set; }
    }
}
