using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>Models compared through the command, and a judge that cannot be reached.</summary>
public sealed class ComparedAnswersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_models_are_compared_question_by_question_and_other_questions_are_refused()
    {
        Score("a", 20, i => i < 8);
        Score("b", 20, i => i < 18);
        var comparison = FoveaProcess.Succeed("eval", "compare", _folder["a"], $"tuned={_folder["b"]}", "--json", "--out",
            _folder["compared"]).Json["comparisons"]![0]!;
        Assert.Equal(("exact-match", "accuracy", "tuned", "a"), (Text("benchmark"), Text("metric"), Text("model"), Text("baseline")));
        Assert.Equal(0.5, comparison["difference"]!.GetValue<double>(), 12);
        Assert.Equal(2 / 1024.0, comparison["holm_p"]!.GetValue<double>(), 12);
        Assert.Equal(("mcnemar_exact", 10, 0), (Text("test"), comparison["only_model_right"]!.GetValue<int>(),
            comparison["only_baseline_right"]!.GetValue<int>()));
        Assert.Contains("<!DOCTYPE html>", File.ReadAllText(Path.Combine(_folder["compared"], "comparison.html")), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("20 questions (10 : 0)", FoveaProcess.Succeed("eval", "compare", _folder["a"], _folder["b"]).Output, StringComparison.Ordinal);

        Score("c", 19, i => i < 8);
        var refused = FoveaProcess.Run("eval", "compare", _folder["a"], _folder["c"]);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("1 are only in a and 0 only in c", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);

        string Text(string key) => comparison[key]!.GetValue<string>();
    }

    [Fact]
    public void A_judge_that_cannot_be_reached_leaves_questions_unjudged()
    {
        var prompts = _folder.Write("prompts.jsonl",
            "{\"id\":\"v1_0\",\"form\":\"mmvet\",\"prompt\":\"Grade it.\"}\n{\"id\":\"v1_1\",\"form\":\"mmvet\",\"prompt\":\"Grade that.\"}\n");
        var judged = FoveaProcess.Succeed("eval", "judge", "--prompts", prompts, "--judge-url", "http://127.0.0.1:1/v1", "--judge-model", "judge",
            "--tries", "1",
            "--cache", _folder["cache"], "--out", _folder["replies.jsonl"], "--json").Json;
        Assert.Equal((2, 2), (judged["prompts"]!.GetValue<int>(), judged["unjudged"]!.GetValue<int>()));
        Assert.Contains("the connection failed", judged["errors"]!["v1_0"]!.GetValue<string>(), StringComparison.Ordinal);
        var score = FoveaProcess.Succeed("eval", "mmvet", "--grades", _folder["replies.jsonl"], "--json").Json;
        Assert.Null(score["total"]);
        Assert.Equal(2, score["unjudged"]!.GetValue<int>());
    }

    private void Score(string model, int questions, Func<int, bool> isRight)
    {
        var answers = _folder.Write(model + ".jsonl", string.Join('\n', Enumerable.Range(0, questions).Select(i =>
            new JsonObject { ["id"] = i, ["answer"] = "yes", ["prediction"] = isRight(i) ? "yes" : "no" }.ToJsonString())));
        FoveaProcess.Succeed("eval", "exact-match", "--answers", answers, "--out", _folder[model]);
    }
}
