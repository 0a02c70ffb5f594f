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

    [Theory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    [InlineData("C")]
    public void A_decimal_comma_is_an_error_under_every_locale(string locale)
    {
        var outcome = FoveaProcess.Under(new() { ["LC_ALL"] = locale }, "score", "vig", "--model", "m", "--data", "d", "--out", "o", "--sigma", "7,5");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--sigma: expected a number, more than 0, got '7,5'", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Bare_fovea_helps_with_three_examples_and_the_version_is_short()
    {
        var outcome = FoveaProcess.Succeed();
        Assert.Equal(3, outcome.Output[outcome.Output.IndexOf("Examples:", StringComparison.Ordinal)..].Split("\n  fovea ").Length - 1);
        Assert.Contains("prior", FoveaProcess.Succeed("score").Output, StringComparison.Ordinal);
        Assert.Matches(@"^\d+\.\d+\.\d+(-[0-9a-z.]+)?(\+[0-9a-f]{8})?\n$", FoveaProcess.Succeed("--version").Output);
    }

    [Theory]
    [InlineData("fovea sc", "scenes score scores")]
    [InlineData("fovea score v", "vig")]
    [InlineData("fovea score vig --sig", "--sigma")]
    [InlineData("fovea data audit --format ", "coco llava")]
    public void Bash_completes_commands_options_and_values(string line, string expected)
    {
        const string Script = """
            PATH="$1:$PATH"; source <(fovea completion bash)
            COMP_LINE="$2"; COMP_POINT=${#2}; read -ra COMP_WORDS <<< "$2"; [[ "$2" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _fovea; printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' '
            """;
        var start = new System.Diagnostics.ProcessStartInfo("bash", ["-c", Script, "bash", Path.GetDirectoryName(FoveaProcess.Program)!, line]) { RedirectStandardOutput = true };
        using var bash = System.Diagnostics.Process.Start(start)!;
        Assert.Subset(bash.StandardOutput.ReadToEnd().Trim().Split(' ').ToHashSet(), expected.Split(' ').ToHashSet());
    }

    [Theory]
    [InlineData("--help > /dev/full")]
    [InlineData("--version > /dev/full")]
    [InlineData("frobnicate 2> /dev/full")]
    [InlineData("model inspect /nosuch 2> /dev/full")]
    [InlineData("report /nosuch > /dev/full 2> /dev/full")]
    public void A_full_output_is_no_crash(string line)
    {
        var start = new System.Diagnostics.ProcessStartInfo("bash", ["-c", $"'{FoveaProcess.Program}' {line}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var bash = System.Diagnostics.Process.Start(start)!;
        var errors = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        Assert.InRange(bash.ExitCode, 1, 2);
        Assert.True(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length <= 1, errors);
    }

    [Theory]
    [InlineData("2> /dev/full")]
    [InlineData("2>&-")]
    public void A_full_or_closed_standard_error_ends_no_work(string errors)
    {
        using var folder = new TemporaryFolder();
        using var bash = System.Diagnostics.Process.Start("bash",
            ["-c", $"'{FoveaProcess.Program}' scenes --count 2 --out '{folder["scenes"]}' > /dev/null {errors}"]);
        bash.WaitForExit();
        Assert.Equal(0, bash.ExitCode);
        Assert.Contains("\"complete\": true", File.ReadAllText(Path.Combine(folder["scenes"], "stage.json")), StringComparison.Ordinal);
    }

    // Only so few that no thread was begun yet: without a descriptor for one of its own, .NET ends the process by itself.
    [Theory]
    [InlineData(40)]
    [InlineData(44)]
    public void Too_few_descriptors_are_one_line(int most)
    {
        var start = new System.Diagnostics.ProcessStartInfo("bash", ["-c", $"ulimit -n {most}; '{FoveaProcess.Program}' model inspect /nosuch"]) { RedirectStandardError = true };
        using var bash = System.Diagnostics.Process.Start(start)!;
        var errors = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        Assert.Equal(1, bash.ExitCode);
        Assert.StartsWith("fovea: a library that Fovea needs cannot be loaded", Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_line_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("file", "");
        foreach (var place in new[] { "/proc/x", file, Path.Combine(file, "below") })
        {
            var outcome = FoveaProcess.Run("scenes", "tokenizer", "--out", place);
            Assert.Equal(1, outcome.ExitCode);
            var line = Assert.Single(outcome.ErrorLines);
            Assert.Contains(place, line, StringComparison.Ordinal);
            Assert.Contains(";", line, StringComparison.Ordinal);
            Assert.DoesNotContain("Could not", line, StringComparison.Ordinal);
        }
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
