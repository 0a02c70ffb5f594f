using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Xunit;

namespace Fovea.Tests.Foundations;

public sealed class StageManifestTests
{
    private static StageManifest Manifest(string config, string data = "abc") => new()
    {
        Kind = "train",
        Config = JsonNode.Parse(config)!.AsObject(),
        Inputs = new(StringComparer.Ordinal) { ["data[0]"] = data },
        NumThreads = 1,
        Versions = new(StringComparer.Ordinal) { ["fovea"] = "1" },
    };

    [Fact]
    public void A_changed_config_is_named_by_its_path()
    {
        var error = Assert.Throws<FoveaException>(() => Manifest("""{ "training": { "steps": 2 } }""")
            .MustMatch(Manifest("""{ "training": { "steps": 1 } }"""), "out"));
        Assert.Contains("'config.training.steps' was 1, now 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_input_is_named_by_its_role()
    {
        var error = Assert.Throws<FoveaException>(() => Manifest("{}", "new").MustMatch(Manifest("{}"), "out"));
        Assert.Contains("inputs.data[0]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_versions_and_time_do_not_matter()
    {
        var before = Manifest("{}") with { Complete = true, Seconds = 5, Result = [] };
        Manifest("{}").MustMatch(before, "out");
    }

    [Fact]
    public void It_survives_the_disk()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-test-").FullName;
        try
        {
            Assert.Null(StageManifest.Read(folder));
            (Manifest("""{ "a": [1, 2.5, "x"] }""") with { Complete = true }).Write(folder);
            var read = StageManifest.Read(folder)!;
            Assert.True(read.Complete);
            Manifest("""{ "a": [1, 2.5, "x"] }""").MustMatch(read, folder);
            File.WriteAllText(Path.Combine(folder, StageManifest.FileName), "{ \"kind\": ");
            Assert.Contains(StageManifest.FileName, Assert.Throws<InvalidInputException>(() => StageManifest.Read(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
