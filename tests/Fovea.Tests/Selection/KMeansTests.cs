using System.Text;
using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Selection.Groups;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Selection;

public sealed class KMeansTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<f4")]
    [InlineData("<f2")]
    [InlineData("<f8")]
    public void Well_parted_clouds_are_found_and_a_seed_gives_the_same_clusters_again(string type)
    {
        using var file = EmbeddingRows.Open(Write(Clouds(5, 1000, 12), type));
        var clusters = new KMeans(5, 42).Cluster(file);
        Assert.Equal(clusters, new KMeans(5, 42).Cluster(file));
        for (var cloud = 0; cloud < 5; cloud++)
        {
            Assert.Single(clusters.Where((_, row) => row % 5 == cloud).Distinct());
        }

        Assert.Equal(5, clusters.Distinct().Count());
    }

    [Fact]
    public void Every_row_ends_at_its_nearest_mean()
    {
        var rows = Clouds(3, 700, 5, spread: 3);
        using var file = EmbeddingRows.Open(Write(rows, "<f4"));
        var clusters = new KMeans(4, 1).Cluster(file);
        var means = Enumerable.Range(0, 4).Select(c => rows.Where((_, i) => clusters[i] == c).ToArray())
            .Select(own => Enumerable.Range(0, 5).Select(d => own.Average(r => (double)r[d])).ToArray()).ToArray();
        double Distance(float[] row, double[] mean) => row.Zip(mean, (x, m) => (x - m) * (x - m)).Sum();

        // The centres have come to rest to a ten-thousandth of the variance; a row on the border may be a step behind.
        var behind = rows.Where((row, i) => Distance(row, means[clusters[i]]) > means.Min(m => Distance(row, m)) + 1e-6).Count();
        Assert.InRange(behind, 0, rows.Length / 100);
    }

    [Fact]
    public void Equal_rows_are_one_cluster_and_the_others_stay_empty()
    {
        using var file = EmbeddingRows.Open(Write([.. Enumerable.Repeat<float[]>([1f, 2f], 30)], "<f4"));
        Assert.Single(new KMeans(3, 1).Cluster(file).Distinct());
        Assert.Equal("--clusters: expected 1 to 30, the number of embeddings, got 31", Assert.Throws<UsageException>(() => new KMeans(31, 1).Cluster(file)).Message);
    }

    [Fact]
    public void A_file_that_is_no_table_of_finite_numbers_is_one_line()
    {
        var path = Write([[1f, 2f], [float.NaN, 3f]], "<f4");
        using (var file = EmbeddingRows.Open(path))
        {
            Assert.Contains("row 1: expected finite numbers", Assert.Throws<InvalidInputException>(() => new KMeans(1, 1).Cluster(file)).Message, StringComparison.Ordinal);
        }

        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        Assert.Contains("for 2 x 2 numbers", Assert.Throws<InvalidInputException>(() => EmbeddingRows.Open(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "source,record\n");
        Assert.Contains("numpy.save", Assert.Throws<InvalidInputException>(() => EmbeddingRows.Open(path)).Message, StringComparison.Ordinal);
        Write([[1f]], "<i4");
        Assert.Contains("'<i4'", Assert.Throws<InvalidInputException>(() => EmbeddingRows.Open(path)).Message, StringComparison.Ordinal);
    }

    private static float[][] Clouds(int clouds, int each, int width, float spread = 0.5f)
    {
        var random = new RandomSource(3, "clouds");
        var centres = Enumerable.Range(0, clouds).Select(_ => Enumerable.Range(0, width).Select(_ => 10 * random.NextGaussian()).ToArray()).ToArray();
        return [.. Enumerable.Range(0, clouds * each).Select(r => centres[r % clouds].Select(c => (float)(c + (spread * random.NextGaussian()))).ToArray())];
    }

    // As numpy.save writes it, version 1.0.
    private string Write(float[][] rows, string type)
    {
        var path = _folder.File("embeddings.npy");
        using var writer = new BinaryWriter(File.Create(path));
        var text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({rows.Length}, {rows[0].Length}), }}".PadRight(117) + "\n";
        writer.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. Encoding.ASCII.GetBytes(text)]);
        foreach (var number in rows.SelectMany(r => r))
        {
            switch (type[2])
            {
                case '2':
                    writer.Write((Half)number);
                    break;
                case '8':
                    writer.Write((double)number);
                    break;
                default:
                    writer.Write(number);
                    break;
            }
        }

        return path;
    }
}
