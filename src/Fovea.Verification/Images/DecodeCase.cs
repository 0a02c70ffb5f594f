using Fovea.Data.Images;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Images;

/// <summary>A file decoded to 8-bit RGB, or refused.</summary>
internal static class DecodeCase
{
    public static void Run(ImageFixture fixture, CheckList checks)
    {
        var path = fixture.InputPath;
        if (fixture.Expected.Try("error") is not null && fixture.Expected.Flag("error"))
        {
            checks.Measure("refused", () => new Difference(IsRefused(path) ? 0 : 1, 0, "the file was decoded, expected an error"));
            return;
        }

        var tolerance = fixture.Tolerance;
        var exact = tolerance.Flag("exact");
        checks.Attempt("image", () =>
        {
            var image = ImageFile.Decode(path);
            checks.Measure("image", () => fixture.Compare(image, fixture.Expected, exact ? 0 : tolerance.Number("max_abs")));
            if (!exact)
            {
                checks.Measure("image.mean", () => fixture.CompareMean(image, fixture.Expected, tolerance.Number("mean_abs")));
            }
        });
    }

    private static bool IsRefused(string path)
    {
        try
        {
            ImageFile.Decode(path);
            return false;
        }
        catch (FoveaException)
        {
            return true;
        }
    }
}
