using Xunit;

namespace Fovea.Tests.Cli;

public sealed class WrongUseTests
{
    [Theory]
    [InlineData("unknown command 'frobnicate'; known here: demo, run, ", "frobnicate")]
    [InlineData("unknown command 'scroe' (did you mean 'score'?)", "scroe", "vig")]
    [InlineData("unknown command 'vgi' (did you mean 'vig'?); known here: prior, vig.", "score", "vgi", "--model", "x")]
    [InlineData("unknown command 'inspct' (did you mean 'inspect'?)", "model", "inspct", "m")]
    [InlineData("unknown command 'tokeniser' (did you mean 'tokenizer'?)", "scenes", "tokeniser", "--out", "x")]
    [InlineData("unknown option '--modle' (did you mean '--model'?)", "score", "vig", "--modle", "x", "--data", "d", "--out", "o")]
    [InlineData("unknown option '--sigme' (did you mean '--sigma'?)", "score", "vig", "--model", "x", "--data", "d", "--out", "o", "--sigme=7")]
    [InlineData("unknown option '--jsno' (did you mean '--json'?)", "report", "--jsno")]
    [InlineData("unknown option '--jsno' (did you mean '--json'?)", "report", "runs/demo", "--jsno")]
    [InlineData("unknown option '--zzzz'.", "--zzzz")]
    [InlineData("expected a command after 'fovea score': prior, vig.", "score", "--model", "x")]
    [InlineData("--model: expected one model, got 2", "score", "vig", "--model", "x", "--model", "y", "--data", "d", "--out", "o")]
    [InlineData("unexpected argument 'other'", "report", "runs/demo", "other")]
    [InlineData("expected one of bash, zsh, fish, got 'powershell'.", "completion", "powershell")]
    [InlineData("--format: expected one of ", "data", "audit", "--data", "d", "--model", "m", "--format", "1")]
    [InlineData("(did you mean 'coco'?)", "data", "audit", "--data", "d", "--model", "m", "--format", "cocoa")]
    public void What_is_unknown_is_named_with_the_nearest_that_exists(string expected, params string[] words) =>
        Assert.Contains(expected, CommandTree.Wrong(words)!, StringComparison.Ordinal);

    [Theory]
    [InlineData("score")]
    [InlineData("scores")]
    [InlineData("eval", "--help")]
    public void A_group_of_commands_alone_asks_for_help(params string[] words)
    {
        Assert.Null(CommandTree.Wrong(words));
        Assert.Null(CommandTree.Wrong([]));
    }

    [Fact]
    public void A_value_may_begin_with_an_at_sign() => Assert.Null(CommandTree.Wrong("generate", "--model", "@m", "--prompt", "@someone"));

    [Fact]
    public void Every_command_shows_examples_that_it_understands()
    {
        foreach (var (path, _) in CommandTree.All)
        {
            var examples = Fovea.Cli.Commands.Examples.Of(path);
            Assert.True(examples.Count > 0, path);
            Assert.All(examples, e =>
            {
                Assert.Null(CommandTree.Wrong(e));
                Assert.True(path == "fovea" || e.StartsWith(path + " ", StringComparison.Ordinal) || e == path, $"{path}: {e}");
            });
        }
    }
}
