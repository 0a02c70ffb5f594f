using Fovea.Data.Images;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>Sizes and places: whole numbers, exact.</summary>
internal static class GeometryCase
{
    public static void Run(ImageFixture fixture, CheckList checks)
    {
        var cases = FixtureJson.Parse(fixture.File(fixture.Expected.Text("file"))).Need("cases");
        checks.Measure("shortest_edge", () => Rows(cases, "shortest_edge", r => r.Ints("resized"),
            (r, size) => ImageGeometry.ShortestEdge(size[0], size[1], r.Int("edge")) is var (w, h) ? [w, h] : []));
        checks.Measure("center_crop", () => Rows(cases, "center_crop", r => [r.Int("left"), r.Int("top")],
            (r, size) => [ImageGeometry.Middle(size[0], r.Int("crop")), ImageGeometry.Middle(size[1], r.Int("crop"))]));
        checks.Measure("pad_to_square", () => Rows(cases, "pad_to_square", r => [r.Int("side"), r.Int("left"), r.Int("top")],
            (_, size) => Math.Max(size[0], size[1]) is var side ? [side, ImageGeometry.Middle(side, size[0]), ImageGeometry.Middle(side, size[1])] : []));
        checks.Measure("solo", () => Rows(cases, "solo", r => r.Ints("resized").Contains(0) ? [] : r.Ints("resized"), Solo));
    }

    /// <summary>Where the rule gives an empty image, one patch a side or an error, but never none.</summary>
    private static int[] Solo(JsonElement row, int[] size)
    {
        try
        {
            var (width, height) = ImageGeometry.Solo(size[0], size[1], row.Int("patch"), row.Int("longest"));
            return row.Ints("resized").Contains(0) && width > 0 && height > 0 ? [] : [width, height];
        }
        catch (FoveaException)
        {
            return [];
        }
    }

    private static Difference Rows(JsonElement cases, string name, Func<JsonElement, int[]> expected, Func<JsonElement, int[], int[]> compute)
    {
        var rows = cases.List(name).ToList();
        return rows.Count == 0
            ? throw new ReferenceException($"\"{name}\" has no row")
            : Difference.Exact<string>([.. rows.Select(r => string.Join(' ', expected(r)))],
                [.. rows.Select(r => string.Join(' ', compute(r, r.Ints("size"))))]);
    }
}
