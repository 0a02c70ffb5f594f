using Fovea.Data.Images;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>A picture resized; the horizontal pass comes first, as in all that both papers' models read.</summary>
internal static class ResizeCase
{
    public static void Run(ImageFixture fixture, CheckList checks) => checks.Measure("image", () =>
    {
        var expected = fixture.Expected;
        var (size, name) = (expected.Ints("size"), expected.Text("filter"));
        if (!Enum.TryParse<ResizeFilter>(name, ignoreCase: true, out var filter))
        {
            throw new ReferenceException($"the unknown filter \"{name}\"");
        }

        var resized = PillowResize.Resize(ImageFile.Decode(fixture.InputPath), size[0], size[1], filter);
        return fixture.Compare(resized, expected.Try("horizontal_first") ?? expected, fixture.Tolerance.Number("max_abs"));
    });
}
