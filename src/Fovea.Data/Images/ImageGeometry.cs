namespace Fovea.Data.Images;

/// <summary>Sizes and places of pictures on their way into a model; all divisions floor.</summary>
public static class ImageGeometry
{
    /// <summary>The short side becomes <paramref name="edge"/>, the long one floor(edge long / short).</summary>
    public static (int Width, int Height) ShortestEdge(int width, int height, int edge) => width <= height
        ? (edge, (int)((long)edge * height / width))
        : ((int)((long)edge * width / height), edge);

    /// <summary>
    /// Where a part of <paramref name="inner"/> begins in the middle of <paramref name="outer"/>: floor((outer - inner) / 2), negative where it is larger.
    /// </summary>
    public static int Middle(int outer, int inner) => (outer - inner) >> 1;

    /// <summary>
    /// SOLO's sizes: long = min(ceil(long / patch) patch, longest), short = ceil(floor(new long * short / long) / patch) patch; both at least one patch,
    /// since the rule would give thin pictures no row at all.
    /// </summary>
    public static (int Width, int Height) Solo(int width, int height, int patch, int longest)
    {
        var (longSide, shortSide) = (Math.Max(width, height), Math.Min(width, height));
        var newLong = Math.Min((longSide + patch - 1) / patch * patch, longest);
        var newShort = Math.Max(((int)((long)newLong * shortSide / longSide) + patch - 1) / patch * patch, patch);
        return width >= height ? (newLong, newShort) : (newShort, newLong);
    }
}
