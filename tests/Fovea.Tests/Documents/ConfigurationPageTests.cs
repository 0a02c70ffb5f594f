using Fovea.Tests.Architecture;
using Xunit;

namespace Fovea.Tests.Documents;

public sealed class ConfigurationPageTests
{
    [Fact]
    public void The_page_of_configuration_keys_is_what_the_code_says()
    {
        var path = Path.Combine(Repository.Root, "docs", "configuration.md");
        var page = ConfigurationPage.Write();
        if (Environment.GetEnvironmentVariable("FOVEA_UPDATE") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.True(File.ReadAllText(path) == page, "docs/configuration.md differs from the code: run this test with FOVEA_UPDATE=1");
    }

    [Fact]
    public void Every_name_of_Hugging_Face_belongs_to_a_key() => Assert.Empty(ConfigurationPage.Strays());
}
