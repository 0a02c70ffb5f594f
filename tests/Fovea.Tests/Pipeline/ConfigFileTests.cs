using Fovea.Core.Errors;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Architecture;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class ConfigFileTests
{
    [Theory]
    [InlineData("tune.jsonc", "fovea train", "fovea run")]
    [InlineData("demo.jsonc", "fovea run", "fovea train")]
    [InlineData("demo.jsonc", "fovea run", "fovea scenes")]
    public void A_file_for_another_command_is_called_so(string name, string of, string given)
    {
        var path = Path.Combine(Repository.Root, "configs", name);
        var error = Assert.Throws<InvalidInputException>(() => Load(given, path));
        Assert.Contains($"a configuration for '{of}', not for '{given}'", error.Message, StringComparison.Ordinal);
        Load(of, path);
    }

    [Fact]
    public void A_key_that_no_command_knows_is_named_with_the_nearest()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{ "name": "x", "seed": [1] }""");
            Assert.Contains("unknown key 'seed'", Assert.Throws<InvalidInputException>(() => Load("fovea run", file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static object Load(string command, string path) => command switch
    {
        "fovea run" => PlanFile.Load(path),
        "fovea train" => ConfigFile.Load<TrainStage>(path),
        _ => ConfigFile.Load<SceneSpec>(path),
    };
}
