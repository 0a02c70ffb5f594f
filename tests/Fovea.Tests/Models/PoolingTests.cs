using Fovea.Models.Families;
using Fovea.Torch;
using FsCheck.Xunit;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

public sealed class PoolingTests
{
    public PoolingTests() => TorchRuntime.Start(1);

    /// <summary>
    /// Token i of a side is the mean of those from floor(i * grid / side) to before ceil((i + 1) * grid / side), as adaptive average pooling defines it.
    /// </summary>
    [Property(MaxTest = 40)]
    public void Tokens_are_means_over_the_windows_of_adaptive_pooling(byte sizes, byte hidden)
    {
        using var scope = NewDisposeScope();
        var grid = 1 + (sizes % 9);
        var side = 1 + (sizes / 9 % grid);
        var width = 1 + (hidden % 5);
        var features = randn(2, grid * grid, width);
        var (values, pooled) = (Golden.Floats(features), Golden.Floats(LlavaModel.Pool(features, side)));
        Assert.Equal(2 * side * side * width, pooled.Length);
        for (var i = 0; i < pooled.Length; i++)
        {
            var (image, row, column, h) = (i / width / side / side, i / width / side % side, i / width % side, i % width);
            var sum = 0.0;
            var (rows, columns) = (Window(row, grid, side), Window(column, grid, side));
            foreach (var (r, c) in rows.SelectMany(r => columns.Select(c => (r, c))))
            {
                sum += values[(((image * grid * grid) + (r * grid) + c) * width) + h];
            }

            Assert.Equal(sum / (rows.Length * columns.Length), pooled[i], 1e-5);
        }
    }

    [Fact]
    public void Seven_hundred_and_twenty_nine_tokens_of_a_grid_of_27_stay_as_they_are()
    {
        using var scope = NewDisposeScope();
        var features = randn(1, 729, 3);
        Assert.Equal(Golden.Floats(features), Golden.Floats(LlavaModel.Pool(features, 27)));
    }

    private static int[] Window(int i, int grid, int side)
    {
        var (from, to) = (i * grid / side, (((i + 1) * grid) + side - 1) / side);
        return [.. Enumerable.Range(from, to - from)];
    }
}
