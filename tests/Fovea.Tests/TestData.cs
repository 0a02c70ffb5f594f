using Fovea.Tests.Architecture;
using Xunit;

namespace Fovea.Tests;

/// <summary>
/// Finds what does not lie in the repository: <c>data/</c> and <c>fixtures/</c> under FOVEA_TESTDATA, by default <c>../shared</c> beside the repository.
/// </summary>
internal static class TestData
{
    /// <summary>Full path of a file or folder, or null.</summary>
    public static string? TryFind(string relative)
    {
        var root = Environment.GetEnvironmentVariable("FOVEA_TESTDATA") ?? Path.Combine(Repository.Root, "..", "shared");
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    /// <summary>Full path of a file or folder; the test is skipped where it is absent, and fails in continuous integration, which expects it.</summary>
    public static string Find(string relative)
    {
        var path = TryFind(relative);
        Assert.False(path is null && Environment.GetEnvironmentVariable("CI") == "true", $"no {relative}: continuous integration expects the test data");
        Assert.SkipWhen(path is null, $"no {relative}: set FOVEA_TESTDATA to the folder that holds data/ and fixtures/");
        return path!;
    }
}
