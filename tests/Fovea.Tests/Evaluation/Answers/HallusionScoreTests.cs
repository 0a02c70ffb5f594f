using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Hallusion;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class HallusionScoreTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Accuracies_are_those_of_the_benchmarks_own_script()
    {
        // VS: question 0 without an image (unclear, which is right there), with the original and with the edited figure; VD: two questions on two figures.
        var file = _files.Write("a.json",
            "[" + Record("VS", 0, 0, 0, 2), Record("VS", 1, 1, 0, 1), Record("VS", 2, 2, 0, 0),
            Record("VD", 1, 0, 0, 1), Record("VD", 1, 0, 1, 1), Record("VD", 2, 1, 0, 1), Record("VD", 2, 1, 1, 2) + "]");
        File.WriteAllText(file, File.ReadAllText(file).Replace("}\n{", "},\n{", StringComparison.Ordinal));
        var document = AnswerFiles.Score("hallusion", "judge", ("answers", file)).Document;
        Assert.Equal(5 / 7.0, document["a_acc"]!.GetValue<double>(), 12);

        // Figures: VS 1 right, VS 2 wrong, VD 0 right, VD 1 one of two right; the figure 0 of VS is none.
        Assert.Equal(2 / 4.0, document["f_acc"]!.GetValue<double>(), 12);

        // Pairs: VS question 0 fails on the edited figure; VD question 0 right on both, question 1 not.
        Assert.Equal(1 / 3.0, document["q_acc"]!.GetValue<double>(), 12);
        Assert.Equal(3 / 3.0, document["easy_acc"]!.GetValue<double>(), 12);
        Assert.Equal(1 / 3.0, document["hard_acc"]!.GetValue<double>(), 12);
        Assert.Equal(3 / 4.0, document["categories"]!["VD"]!["a_acc"]!.GetValue<double>(), 12);
        Assert.Equal((7, 6, 0), (document["n"]!.GetValue<int>(), document["with_image"]!.GetValue<int>(), document["unjudged"]!.GetValue<int>()));
    }

    [Fact]
    public void What_is_unjudged_is_left_out_with_its_figure_and_pair_and_shown()
    {
        var file = _files.Write("a.jsonl", Record("VD", 1, 0, 0, 1), Record("VD", 1, 0, 1, 1), Record("VD", 1, 1, 0, 1), Record("VD", 1, 1, 1, 1));
        var replies = _files.Write("r.jsonl", Reply("0_0", "correct"), Reply("0_1", null), Reply("1_0", "Incorrect."), Reply("1_1", "<html>"));
        var score = AnswerFiles.Score("hallusion", "judge", ("answers", file), ("replies", replies));
        Assert.Equal(0.5, score.Document["a_acc"]!.GetValue<double>(), 12);
        Assert.Null(score.Document["f_acc"]);
        Assert.Equal(0, score.Document["q_acc"]!.GetValue<double>());
        Assert.Equal(2, score.Document["unjudged"]!.GetValue<int>());
        Assert.Contains(score.Notes, n => n.StartsWith("2 unjudged", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("The answer is correct.", 1)]
    [InlineData("INCORRECT", 0)]
    [InlineData("It is unclear", 2)]
    [InlineData("{\"error\": 500}", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_reply_is_read_as_the_script_reads_it_and_nonsense_is_none(string? reply, int? verdict) => Assert.Equal(verdict, HallusionReply.Parse(reply));

    [Fact]
    public void Words_are_read_by_VLMEvalKits_rule_on_questions_with_an_image()
    {
        var file = _files.Write("a.jsonl",
            Record("VS", 0, 0, 0, 0, "Yes", 1), Record("VS", 1, 1, 0, 0, "Yes, it is.", 1), Record("VS", 2, 2, 0, 0, "I know", 0),
                Record("VD", 1, 0, 0, 0, "No", 0));
        var document = AnswerFiles.Score("hallusion", "vlmevalkit", ("answers", file)).Document;
        Assert.Equal(3, document["n"]!.GetValue<int>());
        Assert.Equal(2 / 3.0, document["a_acc"]!.GetValue<double>(), 12);
    }

    [Fact]
    public void Answers_twice_missing_or_of_another_version_are_refused()
    {
        var file = _files.Write("a.jsonl", Record("VD", 1, 0, 0, 1), Record("VD", 1, 0, 0, 1));
        Assert.Contains("answered twice", Refusal("judge", ("answers", file)), StringComparison.Ordinal);
        var one = _files.Write("one.jsonl", Record("VD", 1, 0, 0, 1));
        var two = _files.Write("two.jsonl", Record("VD", 1, 0, 0, 1), Record("VD", 1, 0, 1, 1));
        Assert.Contains("1 of 2 questions have no answer", Refusal("judge", ("answers", one), ("questions", two)), StringComparison.Ordinal);
        Assert.Contains("is not in", Refusal("judge", ("answers", two), ("questions", one)), StringComparison.Ordinal);
        var none = _files.Write("none.jsonl", Record("VD", 1, 0, 0, 1).Replace("correctness", "other", StringComparison.Ordinal));
        Assert.Contains("no verdict of a judge", Refusal("judge", ("answers", none)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_benchmark_has_1129_questions_and_346_figures_in_pairs_of_which_455_are_easy_and_430_hard()
    {
        var questions = TestData.Find("data/bench/HallusionBench/HallusionBench.json");
        var answers = _files.Write("all.json", File.ReadAllText(questions).Replace("\"gt_answer\":", "\"correctness\": \"1\", \"gt_answer\":",
            StringComparison.Ordinal));
        var score = AnswerFiles.Score("hallusion", "judge", ("answers", answers), ("questions", questions));
        double Count(string metric) => score.Outcomes.ToResult().Metrics.Single(m => m.Name == metric).Count;
        Assert.Equal((1129, 346, 455, 455, 430), (Count("a_acc"), Count("f_acc"), Count("q_acc"), Count("easy_acc"), Count("hard_acc")));
        Assert.Equal(951, score.Document["with_image"]!.GetValue<int>());
        Assert.Contains("the whole benchmark", score.Notes[0], StringComparison.Ordinal);
    }

    private static string Refusal(string parser, params (string, string)[] inputs) =>
        Assert.Throws<InvalidInputException>(() => AnswerFiles.Score("hallusion", parser, inputs)).Message;

    private static string Reply(string id, string? reply) => $"{{\"id\":\"VD_chart_7_{id}\",\"reply\":{(reply is null ? "null" : $"\"{reply}\"")}}}";

    private static string Record(string category, int visual, int figure, int question, int verdict, string answer = "Yes.", int gold = 1) =>
        $"{{\"category\":\"{category}\",\"subcategory\":\"chart\",\"visual_input\":\"{visual}\",\"set_id\":\"7\",\"figure_id\":\"{figure}\",\"question_id\":\"{question}\","
        + $"\"model_prediction\":\"{answer}\",\"gt_answer\":\"{gold}\",\"correctness\":\"{verdict}\"}}";
}
