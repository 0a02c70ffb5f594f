using Fovea.Core.Samples;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Xunit;

namespace Fovea.Tests.Scenes;

public sealed class SceneRendererTests
{
    [Fact]
    public void The_same_scene_gives_the_same_bytes_and_the_same_png()
    {
        var spec = new SceneSpec { Seed = 3 };
        var (first, second) = (SceneRenderer.Render(SceneWorld.Scene(spec, 5)), SceneRenderer.Render(SceneWorld.Scene(spec, 5)));

        Assert.Equal((30, 30, 2700), (first.Width, first.Height, first.Pixels.Length));
        Assert.Equal(first.Pixels, second.Pixels);
        Assert.Equal(ImageFile.EncodePng(first), ImageFile.EncodePng(second));
        Assert.NotEqual(first.Pixels, SceneRenderer.Render(SceneWorld.Scene(spec, 6)).Pixels);
    }

    [Fact]
    public void A_picture_keeps_its_pixels_through_png()
    {
        var picture = SceneRenderer.Render(SceneWorld.Scene(new SceneSpec(), 0));
        using var bitmap = SkiaSharp.SKBitmap.Decode(ImageFile.EncodePng(picture));

        var pixels = bitmap.Pixels.SelectMany(p => new[] { p.Red, p.Green, p.Blue });
        Assert.Equal(picture.Pixels, pixels);
    }

    [Fact]
    public void Objects_stay_in_their_cells()
    {
        var scene = new Scene(0, SceneBackground.Black, [new SceneObject(SceneShape.Square, SceneColour.Red, SceneSize.Large, 1, 1)], 9);
        var picture = SceneRenderer.Render(scene);

        for (var y = 0; y < 30; y++)
        {
            for (var x = 0; x < 30; x++)
            {
                if (x is < 10 or >= 20 || y is < 10 or >= 20)
                {
                    Assert.InRange(picture.Pixels[((y * 30) + x) * 3], 0, 30);
                }
            }
        }

        Assert.InRange(picture.Pixels[((15 * 30) + 15) * 3], 200, 255);
    }

    [Fact]
    public void A_nearest_neighbour_tells_shape_colour_and_size_from_ten_by_ten_pixels()
    {
        SceneObject[] kinds =
        [
            .. from shape in Enum.GetValues<SceneShape>()
               from colour in Enum.GetValues<SceneColour>()
               from size in Enum.GetValues<SceneSize>()
               select new SceneObject(shape, colour, size, 0, 0),
        ];
        foreach (var background in Enum.GetValues<SceneBackground>())
        {
            // 24 textures of each kind cover the nine small shifts.
            var known = kinds.SelectMany(k => Enumerable.Range(0, 24).Select(t => (Kind: k, Cell: Cell(k, background, t)))).ToList();
            Assert.All(kinds, kind =>
            {
                var cell = Cell(kind, background, 1000);
                Assert.Equal(kind, known.MinBy(k => Distance(k.Cell, cell)).Kind);
            });
        }
    }

    [Fact]
    public void Jitter_moves_stretches_and_tints_within_its_limits()
    {
        var scene = new Scene(0, SceneBackground.Black, [new SceneObject(SceneShape.Square, SceneColour.Green, SceneSize.Large, 1, 1)], 0);
        var seen = Enumerable.Range(0, 300).Select(t => Box(SceneRenderer.Render(scene with { TextureSeed = t }, jitter: 1))).ToList();

        // A side of 2 x 0.9 x 4.5 = 8.1 pixels, up to 15 % more or less; the centre at 15, up to 2 away; half of an edge's pixels count.
        Assert.All(seen, b => Assert.InRange(b.Width, 6, 11));
        Assert.All(seen, b => Assert.InRange(b.Centre, 15 - 2.6, 15 + 2.6));
        Assert.True(seen.Max(b => b.Width) - seen.Min(b => b.Width) >= 2);
        Assert.True(seen.Max(b => b.Centre) - seen.Min(b => b.Centre) >= 3);
        Assert.All(seen, b => Assert.InRange(b.Green, 160 - 38, 160 + 38)); // the tint and the pixels' noise
        Assert.True(seen.Max(b => b.Green) - seen.Min(b => b.Green) > 40);

        static (int Width, double Centre, byte Green) Box(RgbImage picture)
        {
            int[] columns = [.. Enumerable.Range(0, 30).Where(x => picture.Pixels[((15 * 30) + x) * 3 + 1] > 80)];
            return (columns.Length, columns.Average() + 0.5, picture.Pixels[((15 * 30) + 15) * 3 + 1]);
        }
    }

    private static byte[] Cell(SceneObject o, SceneBackground background, long texture)
    {
        RgbImage picture = SceneRenderer.Render(new Scene(0, background, [o], texture));
        return [.. Enumerable.Range(0, 10).SelectMany(y => picture.Pixels.Skip(y * 90).Take(30))];
    }

    private static long Distance(byte[] first, byte[] second)
    {
        var sum = 0L;
        for (var i = 0; i < first.Length; i++)
        {
            var difference = first[i] - second[i];
            sum += difference * difference;
        }

        return sum;
    }
}
