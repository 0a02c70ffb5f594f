using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

/// <summary>
/// Draws a scene's picture: shapes by their equations, 4 x 4 points a pixel, with small noise. The same scene gives the same bytes everywhere.
/// </summary>
public static class SceneRenderer
{
    private const int Points = 4;
    private const double LargeRadius = 4.5;
    private const double SmallRadius = 3.0;
    private const double MaxShift = 2, MaxStretch = 0.15, MaxTint = 30;

    /// <summary>The picture of a scene: 30 x 30 pixels, RGB.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="jitter">How far objects stray, 0 to 1 (<see cref="SceneSpec.Jitter"/>).</param>
    public static RgbImage Render(Scene scene, double jitter = 0)
    {
        const int Side = SceneWorld.ImagePixels;
        var random = new RandomSource(scene.TextureSeed, "scenes/texture");
        var canvas = new double[Side * Side * 3];
        var strays = new RandomSource(scene.TextureSeed, "scenes/jitter");
        var (br, bg, bb) = Rgb(scene.Background);
        for (var i = 0; i < canvas.Length; i += 3)
        {
            (canvas[i], canvas[i + 1], canvas[i + 2]) = (br, bg, bb);
        }

        foreach (var o in scene.Objects)
        {
            Draw(canvas, o, jitter, strays);
        }

        return new RgbImage(Side, Side, WithNoise(canvas, random));
    }

    private static void Draw(double[] canvas, SceneObject o, double jitter, RandomSource strays)
    {
        const int Side = SceneWorld.ImagePixels;
        const int Cell = SceneWorld.CellPixels;
        var radius = o.Size == SceneSize.Large ? LargeRadius : SmallRadius;
        var (centreX, centreY) = ((o.Column * Cell) + (Cell / 2.0) + Stray(MaxShift), (o.Row * Cell) + (Cell / 2.0) + Stray(MaxShift));
        var (radiusX, radiusY) = (radius * (1 + Stray(MaxStretch)), radius * (1 + Stray(MaxStretch)));
        var (red, green, blue) = Rgb(o.Colour);
        var (r, g, b) = (red + Stray(MaxTint), green + Stray(MaxTint), blue + Stray(MaxTint));
        var margin = jitter > 0 ? 3 : 0; // no shape reaches farther beyond its cell
        for (var y = Math.Max((o.Row * Cell) - margin, 0); y < Math.Min(((o.Row + 1) * Cell) + margin, Side); y++)
        {
            for (var x = Math.Max((o.Column * Cell) - margin, 0); x < Math.Min(((o.Column + 1) * Cell) + margin, Side); x++)
            {
                var share = Coverage(o.Shape, (x - centreX) / radiusX, (y - centreY) / radiusY, 1 / radiusX, 1 / radiusY);
                var i = ((y * Side) + x) * 3;
                canvas[i] += share * (r - canvas[i]);
                canvas[i + 1] += share * (g - canvas[i + 1]);
                canvas[i + 2] += share * (b - canvas[i + 2]);
            }
        }

        double Stray(double most) => ((2 * strays.NextDouble()) - 1) * most * jitter;
    }

    private static double Coverage(SceneShape shape, double left, double top, double pixelX, double pixelY)
    {
        var inside = 0;
        for (var i = 0; i < Points; i++)
        {
            for (var j = 0; j < Points; j++)
            {
                inside += Holds(shape, left + ((j + 0.5) / Points * pixelX), top + ((i + 0.5) / Points * pixelY)) ? 1 : 0;
            }
        }

        return inside / (double)(Points * Points);
    }

    /// <summary>Whether the unit shape (radius 1, y downward) holds the point.</summary>
    private static bool Holds(SceneShape shape, double x, double y)
    {
        var square = (x * x) + (y * y);
        return shape switch
        {
            SceneShape.Circle => square <= 1,
            SceneShape.Square => Math.Abs(x) <= 0.9 && Math.Abs(y) <= 0.9,
            SceneShape.Triangle => y <= 1 && y >= -1 && Math.Abs(x) <= (y + 1) / 2,
            SceneShape.Cross => (Math.Abs(x) <= 0.33 && Math.Abs(y) <= 1) || (Math.Abs(y) <= 0.33 && Math.Abs(x) <= 1),
            SceneShape.Ring => square is <= 1.1 and >= 0.3,
            SceneShape.Bar => Math.Abs(x) <= 1 && Math.Abs(y) <= 0.38,
            _ => throw new ArgumentOutOfRangeException(nameof(shape)),
        };
    }

    /// <summary>Adds to each channel the difference of two uniform 3-bit numbers: mean 0, standard deviation 3.2 of 255.</summary>
    private static byte[] WithNoise(double[] canvas, RandomSource random)
    {
        var pixels = new byte[canvas.Length];
        var bits = 0UL;
        for (var i = 0; i < pixels.Length; i++)
        {
            bits = i % 3 == 0 ? random.NextBits() : bits >> 6;
            var noise = (int)(bits & 7) - (int)((bits >> 3) & 7);
            pixels[i] = (byte)Math.Clamp((int)Math.Round(canvas[i]) + noise, 0, 255);
        }

        return pixels;
    }

    internal static (byte Red, byte Green, byte Blue) Rgb(SceneColour colour) => colour switch
    {
        SceneColour.Red => (220, 30, 40),
        SceneColour.Green => (30, 160, 60),
        SceneColour.Blue => (40, 80, 225),
        SceneColour.Yellow => (245, 225, 40),
        SceneColour.Purple => (150, 50, 180),
        SceneColour.Pink => (250, 135, 195),
        _ => throw new ArgumentOutOfRangeException(nameof(colour)),
    };

    internal static (byte Red, byte Green, byte Blue) Rgb(SceneBackground background) => background switch
    {
        SceneBackground.Navy => (26, 36, 92),
        SceneBackground.Grey => (84, 84, 84),
        SceneBackground.Black => (14, 14, 14),
        SceneBackground.Brown => (88, 58, 36),
        _ => throw new ArgumentOutOfRangeException(nameof(background)),
    };
}
