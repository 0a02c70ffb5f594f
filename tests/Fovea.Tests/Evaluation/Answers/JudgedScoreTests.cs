using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Judged;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class JudgedScoreTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    private static string Bench => TestData.Find("data/bench");

    public void Dispose() => _files.Dispose();

    [Fact]
    public void MM_Vets_total_deviation_and_runs_of_LLaVA_1_5_are_the_published_ones()
    {
        var results = Path.Combine(Bench, "MM-Vet", "LLaVA", "results");
        var document = AnswerFiles.Score("mmvet", "", ("grades", Path.Combine(results, "llava-v1.5-7b_gpt-4-grade-3runs.json"))).Document;
        var published = File.ReadAllLines(Path.Combine(results, "llava-v1.5-7b_gpt-4-cap-score-3runs.csv"))[1];
        string Printed(double value) => Math.Round(100 * value, 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var runs = document["runs"]!.AsArray().Select(r => Printed(r!.GetValue<double>()));
        Assert.EndsWith($",{Printed(document["total"]!.GetValue<double>())},{Printed(document["std"]!.GetValue<double>())},\"[{string.Join(", ", runs)}]\"",
            published, StringComparison.Ordinal);
        Assert.Equal((218, 0), (document["n"]!.GetValue<int>(), document["unjudged"]!.GetValue<int>()));
    }

    [Fact]
    public void MM_Vet_by_capability_and_combination_counts_a_question_for_each_of_its_capabilities()
    {
        var grades = _files.Write("g.json",
            "{\"v1_0\":{\"content\":[\"1.0\",\"0.5\"],\"score\":[1.0,0.5]},\"v1_1\":{\"content\":[\"0.0\",\"Sorry\"],\"score\":[0.0,0.0]}}");
        var questions = _files.Write("q.json", "{\"v1_0\":{\"imagename\":\"v1_0.png\",\"capability\":[\"ocr\",\"math\"]},"
            + "\"v1_1\":{\"imagename\":\"v1_0.png\",\"capability\":[\"ocr\"]},\"v1_2\":{\"imagename\":\"v1_2.png\",\"capability\":[\"rec\"]}}");
        var score = AnswerFiles.Score("mmvet", "", ("grades", grades), ("questions", questions));
        var document = score.Document;
        Assert.Equal(0.375, document["total"]!.GetValue<double>(), 12);
        Assert.Equal(0.375, document["capabilities"]!["ocr"]!.GetValue<double>(), 12);
        Assert.Equal(0.75, document["capabilities"]!["math"]!.GetValue<double>(), 12);
        Assert.Equal(0.75, document["integrations"]!["math_ocr"]!.GetValue<double>(), 12);
        Assert.Null(document["capabilities"]!["rec"]);

        // One reply that is no number, and two runs of a question that has no grades: none of them is a 0.
        Assert.Equal(3, document["unjudged"]!.GetValue<int>());
        Assert.Equal([0.5, 0.5], document["runs"]!.AsArray().Select(r => r!.GetValue<double>()));
        Assert.Equal(2, score.Outcomes.Questions.Select(q => q.Cluster).Distinct().Count());
    }

    [Fact]
    public void LLaVA_Benchs_figures_of_LLaVA_1_5_13B_are_those_of_its_own_script()
    {
        var folder = Path.Combine(Bench, "llava-bench-in-the-wild");
        var score = AnswerFiles.Score("llava-bench", "", ("reviews", Path.Combine(folder, "LLaVA", "reviews", "llava-v1.5-13b-eval1.jsonl")),
            ("questions", Path.Combine(folder, "questions.jsonl")));
        string Printed(string? category) => Math.Round(100 * (category is null ? score.Document["overall"]!
            : score.Document["categories"]![category]!)["relative"]!.GetValue<double>(), 1)
            .ToString(System.Globalization.CultureInfo.InvariantCulture);

        // What summarize_gpt_review.py prints for this file. It rounds the means first: without that, detail would be 52.7.
        Assert.Equal(["72.8", "74.7", "52.6", "82.8"], new[] { null, "conv", "detail", "complex" }.Select(Printed));
        Assert.Equal(0.865, score.Document["overall"]!["reference"]!.GetValue<double>(), 12);
        Assert.Equal(0.63, score.Document["overall"]!["model"]!.GetValue<double>(), 12);
        Assert.Equal(24, score.Outcomes.Questions.Select(q => q.Cluster).Distinct().Count());
    }

    [Theory]
    [InlineData("8 10\nBoth", 8.0, 10.0)]
    [InlineData("9, 6.5", 9.0, 6.5)]
    [InlineData("9,6", 9.0, 6.0)]
    public void A_review_begins_with_two_scores(string reply, double reference, double model) =>
        Assert.Equal((reference, model), LlavaBenchReply.Parse(reply));

    [Theory]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("Scores: 8 10")]
    [InlineData("8 / 10")]
    [InlineData("<html>")]
    [InlineData("8 1000")]
    [InlineData(null)]
    public void What_does_not_is_no_review(string? reply) => Assert.Null(LlavaBenchReply.Parse(reply));

    [Fact]
    public void Failed_reviews_enter_no_mean_and_are_counted()
    {
        var reviews = _files.Write("r.jsonl", "{\"question_id\":0,\"category\":\"llava_bench_conv\",\"tuple\":[8,6]}",
            "{\"question_id\":1,\"category\":\"llava_bench_conv\",\"tuple\":[-1,-1]}",
            "{\"question_id\":2,\"category\":\"llava_bench_detail\",\"content\":\"I cannot say.\"}");
        var document = AnswerFiles.Score("llava-bench", "", ("reviews", reviews)).Document;
        Assert.Equal(0.75, document["overall"]!["relative"]!.GetValue<double>());
        Assert.Equal(1, document["overall"]!["n"]!.GetValue<int>());
        Assert.Null(document["categories"]!["detail"]!["relative"]);
        Assert.Equal(2, document["unjudged"]!.GetValue<int>());
        var failed = _files.Write("f.jsonl", "{\"question_id\":0,\"category\":\"llava_bench_conv\",\"tuple\":[-1,-1]}");
        Assert.Null(AnswerFiles.Score("llava-bench", "", ("reviews", failed)).Document["overall"]!["relative"]);
    }

    [Theory]
    [InlineData("Short.\nRating: 4, somewhat informative", 4)]
    [InlineData("rating: 0", 0)]
    [InlineData("Rating: 4 ... not rating: 5", null)]
    [InlineData("Rating: 7", null)]
    [InlineData("4", null)]
    [InlineData(null, null)]
    public void A_rating_is_exactly_one_of_seven(string? reply, int? rating) => Assert.Equal(rating, MmHalReply.Parse(reply));

    [Fact]
    public void MMHals_types_are_places_modulo_8_and_a_reply_without_a_rating_is_no_0()
    {
        var replies = _files.Write("r.json", "[" + string.Join(",\n", Enumerable.Range(0, 96).Select(i =>
            $"{{\"choices\":[{{\"message\":{{\"content\":\"{(i == 95 ? "no idea" : $"Rating: {(i % 8 == 0 ? 6 : 2)}")}\"}}}}]}}")) + "]");
        var score = AnswerFiles.Score("mmhal", "", ("replies", replies));
        var document = score.Document;
        Assert.Equal(((12 * 6) + (83 * 2)) / 95.0, document["score"]!.GetValue<double>(), 12);
        Assert.Equal(83 / 95.0, document["hallucination_rate"]!.GetValue<double>(), 12);
        Assert.Equal(6, document["types"]!["attribute"]!.GetValue<double>(), 12);
        Assert.Equal(2, document["types"]!["other"]!.GetValue<double>(), 12);
        Assert.Equal((95, 1), (document["n"]!.GetValue<int>(), document["unjudged"]!.GetValue<int>()));
        Assert.Contains("2.48", Assert.Single(score.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Replies_in_another_number_or_to_other_questions_are_refused()
    {
        var few = _files.Write("few.jsonl", "{\"id\":0,\"reply\":\"Rating: 3\"}");
        Assert.Contains("expected 96 replies", Refusal("mmhal", ("replies", few)), StringComparison.Ordinal);
        var other = _files.Write("other.jsonl", "{\"question_id\":99,\"category\":\"conv\",\"tuple\":[8,6]}");
        var questions = _files.Write("q.jsonl", "{\"question_id\":0,\"image\":\"1.jpg\",\"category\":\"conv\"}");
        Assert.Contains("no question of the benchmark", Refusal("llava-bench", ("reviews", other), ("questions", questions)), StringComparison.Ordinal);
        var twice = _files.Write("twice.jsonl", "{\"question_id\":0,\"tuple\":[8,6]}", "{\"question_id\":0,\"tuple\":[8,6]}");
        Assert.Contains("second review", Refusal("llava-bench", ("reviews", twice)), StringComparison.Ordinal);
    }

    private static string Refusal(string benchmark, params (string, string)[] inputs) =>
        Assert.Throws<InvalidInputException>(() => AnswerFiles.Score(benchmark, "", inputs)).Message;
}
