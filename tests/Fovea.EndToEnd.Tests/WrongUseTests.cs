namespace Fovea.EndToEnd.Tests;

public sealed class WrongUseTests
{
    [Theory]
    [InlineData("frobnicate")]
    [InlineData("train", "--out", "x")]
    [InlineData("score", "vig", "--model", "x")]
    [InlineData("demo", "--sed", "5")]
    [InlineData("generate", "--model", "x")]
    [InlineData("generate", "--model", "x", "--prompt", "y", "--temperature", "0", "--top-k", "5")]
    [InlineData("generate", "--model", "x", "--prompt", "y", "--length-penalty", "2")]
    [InlineData("select", "--scores", "s", "--method", "astrology", "--out", "w")]
    [InlineData("select", "--scores", "s", "--method", "vig", "--out", "w", "--seed", "abc")]
    [InlineData("select", "--scores", "s", "--method", "vig", "--out", "w", "--p", "most")]
    [InlineData("verify", "x", "--threads", "0")]
    [InlineData("score", "vig", "--model", "x", "--data", "d", "--out", "s", "--proxy", "black", "--sigma", "4")]
    [InlineData("generate", "--model", "x", "--prompt", "y", "--threads", "-3")]
    public void Wrong_use_is_one_line_with_a_hint_and_exit_code_2(params string[] arguments)
    {
        var outcome = FoveaProcess.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Single(outcome.ErrorLines);
        Assert.Contains("--help", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", outcome.Errors, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("demo", "--help")]
    [InlineData("score", "vig", "--help")]
    public void Help_is_given_on_standard_output(params string[] arguments)
    {
        var outcome = FoveaProcess.Succeed(arguments);
        Assert.Contains("Usage", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Errors);
    }

    [Fact]
    public void Doctor_answers_in_one_JSON_document()
    {
        var found = FoveaProcess.Succeed("doctor", "--json").Json["run"]!["machine"]!.AsArray();
        string[] wanted = ["libtorch", "threads", "bf16", "memory", "ICU", "GPU"];
        Assert.Equal(wanted, found.Select(f => (string)f!["what"]!).Intersect(wanted));
        Assert.True((bool)found.First(f => (string)f!["what"]! == "ICU")!["fine"]!);
    }

    [Fact]
    public void An_unknown_config_key_names_file_line_and_the_nearest_key()
    {
        using var folder = new TemporaryFolder();
        var config = folder.Write("mine.jsonc", """
            {
              // a comment is fine
              "preset": { "name": "tiny-text-2" },
              "tokenizer": "t",
              "data": [],
              "training": { "steps": 2, "learning_rat": 1e-3 }
            }
            """);
        var outcome = FoveaProcess.Run("train", "--config", config, "--out", folder["out"]);
        Assert.Equal(1, outcome.ExitCode);
        var line = Assert.Single(outcome.ErrorLines);
        Assert.Contains("mine.jsonc", line, StringComparison.Ordinal);
        Assert.Contains("line 6", line, StringComparison.Ordinal);
        Assert.Contains("'training.learning_rat'", line, StringComparison.Ordinal);
        Assert.Contains("did you mean 'learning_rate'", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_of_nothing_is_one_line_with_the_folders_name()
    {
        using var folder = new TemporaryFolder();
        var outcome = FoveaProcess.Run("report", folder.Path);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(folder.Path, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_config_is_one_line_with_its_name()
    {
        var outcome = FoveaProcess.Run("run", "--config", "no-such.jsonc");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("no-such.jsonc", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }
}
