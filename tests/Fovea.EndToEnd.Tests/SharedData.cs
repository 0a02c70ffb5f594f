namespace Fovea.EndToEnd.Tests;

/// <summary>Real data that is not part of the repository.</summary>
internal static class SharedData
{
    /// <summary>A folder of it; the test is skipped where it is not there, and fails in continuous integration.</summary>
    public static string Folder(string relative)
    {
        var path = Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("FOVEA_TESTDATA")
            ?? Path.Combine(FoveaProcess.RepositoryRoot, "..", "shared"), relative));
        if (!Directory.Exists(path))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") != "true", $"{path} is missing and CI expects it");
            Assert.Skip($"{path} is not here: set FOVEA_TESTDATA to run this test");
        }

        return path;
    }
}
