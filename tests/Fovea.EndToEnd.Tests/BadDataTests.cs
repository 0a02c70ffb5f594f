namespace Fovea.EndToEnd.Tests;

public sealed class BadDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("missing image",
        "[{\"id\":\"a\",\"image\":\"gone.png\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\"},{\"from\":\"gpt\",\"value\":\"a "
            + "circle.\"}]}]", "gone.png")]
    [InlineData("corrupt image",
        "[{\"id\":\"a\",\"image\":\"bad.png\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\"},{\"from\":\"gpt\",\"value\":\"a "
            + "circle.\"}]}]", "bad.png")]
    [InlineData("wrong type", "[{\"id\":\"a\",\"image\":7,\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\"},{\"from\":\"gpt\",\"value\":\"a "
        + "circle.\"}]}]", "record 0")]
    [InlineData("cut short", "[{\"id\":\"a\",\"image\":\"bad.png\",\"conversations\":[{\"from\":\"human\",\"val", "data.json")]
    [InlineData("outside",
        "[{\"id\":\"a\",\"image\":\"../../etc/passwd\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\"},{\"from\":\"gpt\",\"value\":\"a "
            + "circle.\"}]}]", "record 0")]
    public void Bad_data_is_one_line_with_the_files_name_and_record(string what, string json, string named)
    {
        _folder.Write("bad.png", "not a picture");
        var data = _folder.Write("data.json", json);
        FoveaProcess.Succeed("scenes", "tokenizer", "--out", _folder["tokenizer"]);
        var config = _folder.Write("c.jsonc", $$"""
            { "preset": { "name": "tiny-llava" }, "tokenizer": "{{_folder["tokenizer"]}}", "data": [{ "file": "{{data}}" }], "training": { "steps": 1, "batch_size": 1 } }
            """);
        var outcome = FoveaProcess.Run("train", "--config", config, "--out", _folder["out"], "--threads", "1");
        Assert.True(outcome.ExitCode == 1, what + ": " + outcome.Errors);
        var line = Assert.Single(outcome.ErrorLines,
            l => !l.StartsWith("train: memory plan", StringComparison.Ordinal)); // an image is decoded when it is first drawn
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void An_audit_of_a_corpus_without_a_usable_record_fails()
    {
        var data = _folder.Write("data.json", "[{\"id\":\"a\",\"image\":7}]");
        FoveaProcess.Succeed("scenes", "tokenizer", "--out", _folder["tokenizer"]);
        var outcome = FoveaProcess.Run("data", "audit", "--data", data, "--tokenizer", _folder["tokenizer"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("none of 1 records can be used", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Scoring_with_an_absent_folder_is_one_line()
    {
        var outcome = FoveaProcess.Run("score", "prior", "--model", _folder["no-model"], "--data", _folder["none.json"], "--out", _folder["scores"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("no-model", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_on_an_absent_corpus_is_one_line()
    {
        var outcome = FoveaProcess.Run("run", "--config", "configs/coco.jsonc", "--set", $"photographs.captions={_folder["none.json"]}",
            "--out", _folder["run"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("none.json", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }
}
