using Fovea.Models.Batching;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class PackingTests
{
    [Property]
    public void Every_item_stands_once_and_no_row_overflows(ushort[] raw, byte room)
    {
        var capacity = room + 1;
        var items = raw.Select((r, i) => (Index: i, Length: 1 + (r % 300))).ToArray();
        var rows = RowPacker.Pack(items, i => i.Length, capacity);
        Assert.Equal(items.Select(i => i.Index), rows.SelectMany(r => r).Select(i => i.Index).Order());
        Assert.All(rows, r => Assert.True(r.Count == 1 || r.Sum(i => i.Length) <= capacity));
    }

    [Fact]
    public void Packing_depends_on_the_input_alone_and_fills_rows()
    {
        int[] lengths = [3, 7, 5, 5, 3, 7];
        var rows = RowPacker.Pack(Enumerable.Range(0, 6), i => lengths[i], 10);
        Assert.Equal<int[]>([[1, 0], [5, 4], [2, 3]], rows.Select(r => r.ToArray()));
    }

    [Fact]
    public void A_sample_ends_with_its_last_target_and_loses_the_images_behind_it()
    {
        var image = new Fovea.Core.Samples.PixelValues(3, 1, 1, [0, 0, 0]);
        var sample = new ExpandedSample([1, 9, 9, 5, 6, 9, 9, 7], [3], [image, image]) { ImageStarts = [1, 5] };
        var cut = sample.CutAfterLastTarget();
        Assert.Equal([1, 9, 9, 5], cut.InputIds);
        Assert.Single(cut.Images);
        Assert.Equal([1], cut.ImageStarts!);
        Assert.Equal(8, (sample with { ImageStarts = null }).CutAfterLastTarget().InputIds.Length);
    }
}
