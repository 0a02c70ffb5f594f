using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Pope;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class PopeScoreTests : IDisposable
{
    private const string Data = "data/pope/AoiDragon_POPE/coco";
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    // How a rule counts an answer: c for correct, y for a positive, n for a negative; a dash for none of these.
    [Theory]
    [InlineData("Yes", true, "cy", "cy", "cy", "cy", "cy")]
    [InlineData("No", true, "n", "n", "n", "n", "n")]
    [InlineData("No", false, "cn", "cn", "cn", "cn", "cn")]
    [InlineData("", true, "cy", "n", "cy", "-", "n")]
    [InlineData("", false, "y", "y", "y", "-", "n")]
    [InlineData("I know", false, "y", "cn", "y", "-", "n")]
    [InlineData("I know", true, "cy", "n", "cy", "-", "n")]
    [InlineData("Yes. It is not hidden", true, "cy", "cy", "n", "-", "cy")]
    [InlineData("It isn't there.", false, "y", "y", "cn", "-", "n")]
    [InlineData("NO", false, "y", "cn", "cn", "cn", "cn")]
    [InlineData("Yes, no", true, "n", "cy", "n", "-", "n")]
    [InlineData("yes\n", true, "cy", "cy", "cy", "cy", "cy")]
    [InlineData("No\nIt is away", false, "y", "cn", "y", "-", "cn")]
    public void Each_rule_reads_an_answer_as_its_code_does(string answer, bool isYes, params string[] expected) =>
        Assert.Equal(expected, PopeRule.All.Select(rule => rule.Read(answer, isYes) is var r
            && $"{(r.IsCorrect ? "c" : "")}{(r.SaysYes ? "y" : "")}{(r.SaysNo ? "n" : "")}" is { Length: > 0 } counts ? counts : "-"));

    [Fact]
    public void A_table_counted_by_hand_gives_its_figures_and_the_whole_is_the_mean_of_categories()
    {
        // random: 3 TP, 1 FP, 2 TN, 2 FN. popular: 1 TP, 0 FP, 1 TN, 0 FN.
        string[] random = ["yes yes", "yes yes", "yes yes", "no yes", "no no", "no no", "yes no", "yes no"], popular = ["yes yes", "no no"];
        var questions = random.Select((r, i) => Question("random", i, r)).Concat(popular.Select((r, i) => Question("popular", 100 + i, r)));
        var path = _files.Write("a.jsonl", [.. questions]);
        var score = AnswerFiles.Score("pope", "pope", ("answers", path));
        AssertFigures(score.Document["categories"]!["random"]!, 5 / 8.0, 3 / 4.0, 3 / 5.0, 2 / 3.0, 4 / 8.0, 8);
        AssertFigures(score.Document["categories"]!["popular"]!, 1, 1, 1, 1, 0.5, 2);
        AssertFigures(score.Document["overall"]!, (5 / 8.0 + 1) / 2, (3 / 4.0 + 1) / 2, (3 / 5.0 + 1) / 2, (2 / 3.0 + 1) / 2, 0.5, 10);
        AssertFigures(score.Document["pooled"]!, 7 / 10.0, 4 / 5.0, 4 / 6.0, 8 / 11.0, 0.5, 10);
        AssertFigures(AnswerFiles.Score("pope", "lmms-eval", ("answers", path)).Document["overall"]!, 7 / 10.0, 4 / 5.0, 4 / 6.0, 8 / 11.0, 6 / 10.0, 10);
    }

    [Fact]
    public void A_model_that_always_says_no_has_no_precision_but_where_the_code_has_zero()
    {
        var path = _files.Write("a.jsonl", Question("random", 1, "yes no"), Question("random", 2, "no no"));
        JsonNode? Precision(string parser) => AnswerFiles.Score("pope", parser, ("answers", path)).Document["overall"]!["precision"];
        Assert.Null(Precision("pope"));
        Assert.Equal(0, Precision("lmms-eval")!.GetValue<double>());
    }

    [Fact]
    public void Posed_as_LLaVA_does_real_questions_are_matched_to_labels_by_image_and_question_in_any_order()
    {
        var (questions, answers, id) = (new List<string>(), new List<string>(), 0);
        foreach (var category in (string[])["adversarial", "popular", "random"])
        {
            foreach (var line in File.ReadLines(TestData.Find($"{Data}/coco_pope_{category}.json")))
            {
                var record = JsonNode.Parse(line)!;
                questions.Add(new JsonObject
                {
                    ["question_id"] = id,
                    ["image"] = record["image"]!.GetValue<string>(),
                    ["text"] = record["text"]!.GetValue<string>() + "\nAnswer the question using a single word or phrase.",
                    ["category"] = category,
                }.ToJsonString());
                var isRight = category != "random" || id % 4 > 0;
                answers.Add(new JsonObject { ["question_id"] = id++, ["text"] = record["label"]!.GetValue<string>() == "yes" == isRight ? "Yes" : "No" }.ToJsonString());
            }
        }

        questions.Reverse();
        var score = AnswerFiles.Score("pope", "pope", ("questions", _files.Write("llava_pope_test.jsonl.gz", [.. questions])),
            ("answers", _files.Write("answers.jsonl.zst", [.. answers])), ("labels", TestData.Find(Data)));
        Assert.Equal(9000, score.Document["overall"]!["n"]!.GetValue<int>());
        Assert.All(score.Document["categories"]!.AsObject(), c => Assert.Equal(3000, c.Value!["n"]!.GetValue<int>()));
        Assert.Equal(1, score.Document["categories"]!["popular"]!["f1"]!.GetValue<double>());
        Assert.Equal(0.75, score.Document["categories"]!["random"]!["accuracy"]!.GetValue<double>(), 12);
        Assert.Equal(500, score.Outcomes.Questions.Select(q => q.Cluster).Distinct().Count());
        Assert.All(score.Outcomes.Questions.GroupBy(q => q.Cluster), g => Assert.Equal(18, g.Count()));
    }

    [Fact]
    public void Folders_of_a_file_for_each_category_are_matched_category_by_category()
    {
        foreach (var category in (string[])["random", "popular"])
        {
            _files.Write($"questions/coco_pope_{category}.json", Pope(1, "a.jpg", "Is there a dog in the image?", "yes"), Pope(2, "a.jpg", "Is there a cat in the image?", "no"));
        }

        _files.Write("answers/llava_coco_pope_random_answers.jsonl", "{\"question_id\":2,\"text\":\"No\"}", "{\"question_id\":1,\"text\":\"Yes\"}");
        _files.Write("answers/llava_coco_pope_popular_answers.jsonl", "{\"question_id\":1,\"question\":\"is there a dog in the image?\",\"answer\":\"no\"}", "{\"question_id\":2,\"answer\":\"yes\"}");
        var score = AnswerFiles.Score("pope", "vcd", ("questions", Path.Combine(_files.Folder, "questions")), ("answers", Path.Combine(_files.Folder, "answers")));
        Assert.Equal(1, score.Document["categories"]!["random"]!["accuracy"]!.GetValue<double>());
        Assert.Equal(0, score.Document["categories"]!["popular"]!["accuracy"]!.GetValue<double>());
    }

    [Fact]
    public void Logs_of_lmms_eval_and_tables_of_VLMEvalKit_hold_their_own_questions()
    {
        const string Doc = "\"question\":\"Is there a dog in the image?\",\"image_source\":\"COCO_1\"";
        var logs = _files.Write("samples.jsonl",
            $$"""{"doc_id":0,"target":"yes","doc":{"question_id":"1",{{Doc}},"answer":"yes","category":"random"},"filtered_resps":["Yes"]}""",
            $$"""{"doc_id":1,"target":"no","doc":{"question_id":"1",{{Doc}},"answer":"no","category":"popular"},"resps":[["yes."]]}""");
        var score = AnswerFiles.Score("pope", "lmms-eval", ("answers", logs));
        AssertFigures(score.Document["overall"]!, 0.5, 1, 1, 1, 0.5, 2);
        Assert.Equal(["random/1", "popular/1"], score.Outcomes.Questions.Select(q => q.Question));

        var table = _files.Write("model_POPE.tsv", "index\tquestion\tanswer\tcategory\timage_path\tprediction", "0\tIs there a dog in the image?\tYes\trandom,popular\tCOCO_1.jpg\tYes.",
            "1\tIs there a cat in the image?\tNo\trandom\tCOCO_1.jpg\tUnknown");
        score = AnswerFiles.Score("pope", "vlmevalkit", ("answers", table));
        AssertFigures(score.Document["overall"]!, 2 / 3.0, 1, 1, 1, 2 / 3.0, 3);
        Assert.Equal(1, score.Document["categories"]!["popular"]!["n"]!.GetValue<int>());
    }

    [Fact]
    public void What_a_judge_of_VLMEvalKit_extracted_is_taken_instead_of_the_answer()
    {
        var table = _files.Write("model_POPE_auxmatch.tsv", "index\tquestion\tanswer\tcategory\tprediction\textracted", "0\tIs there a dog?\tYes\trandom\tIndeed\tYes");
        double Accuracy(string parser) => AnswerFiles.Score("pope", parser, ("answers", table)).Document["overall"]!["accuracy"]!.GetValue<double>();
        Assert.Equal((1, 0), (Accuracy("vlmevalkit"), Accuracy("vcd")));
    }

    [Fact]
    public void Answers_whose_ids_begin_anew_must_say_what_they_answer()
    {
        foreach (var category in (string[])["random", "popular"])
        {
            _files.Write($"questions/coco_pope_{category}.json", Pope(1, "a.jpg", $"Is there a {category} dog in the image?", "yes"));
        }

        AnswerScore Score(params string[] answers) =>
            AnswerFiles.Score("pope", "pope", ("questions", Path.Combine(_files.Folder, "questions")), ("answers", _files.Write("a.jsonl", answers)));
        const string Popular = "{\"question_id\":1,\"prompt\":\"Is there a popular dog in the image?\",\"text\":\"Yes\"}", Random = "{\"question_id\":1,\"prompt\":\"Is there a random dog in the image?\",\"text\":\"No\"}";
        Assert.Equal(0.5, Score(Popular, Random).Document["overall"]!["accuracy"]!.GetValue<double>());
        Assert.Contains("expected question popular/1", Assert.Throws<InvalidInputException>(() => Score(Random, Popular)).Message, StringComparison.Ordinal);
        Assert.Contains("does not say its category or question", Assert.Throws<InvalidInputException>(() => Score("{\"question_id\":1,\"text\":\"Yes\"}",
            "{\"question_id\":1,\"text\":\"No\"}")).Message, StringComparison.Ordinal);
        Assert.Contains("does not say its category or question", Assert.Throws<InvalidInputException>(() => Score("{\"text\":\"Yes\"}", "{\"text\":\"No\"}")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.jsonl: 1 of 2 questions have no answer, the first is random/2;", "{\"question_id\":1,\"text\":\"Yes\"}")]
    [InlineData("a.jsonl, record 1: answers question random/1 a second time", "{\"question_id\":1,\"text\":\"Yes\"}", "{\"question_id\":1,\"text\":\"No\"}")]
    [InlineData("a.jsonl, record 0: answers question 7, which is not among the questions", "{\"question_id\":7,\"text\":\"Yes\"}")]
    [InlineData("a.jsonl, record 1: has no id, but other answers have", "{\"question_id\":1,\"text\":\"Yes\"}", "{\"text\":\"No\"}")]
    [InlineData("a.jsonl: 1 answers without ids to 2 questions; expected equally many", "{\"answer\":\"Yes\"}")]
    [InlineData("a.jsonl, record 0: answers 'is there a cat in the image?', expected question random/1", "{\"question\":\"is there a cat in the image?\",\"answer\":\"Yes\"}", "{\"answer\":\"Yes\"}")]
    [InlineData("a.jsonl, record 0: has no answer; expected one of the keys prediction,", "{\"question_id\":1}")]
    public void An_answer_that_is_missing_or_too_many_is_named(string message, params string[] answers)
    {
        var questions = _files.Write("coco_pope_random.json", Pope(1, "a.jpg", "Is there a dog in the image?", "yes"), Pope(2, "a.jpg", "Is there a cat in the image?", "no"));
        var error = Assert.Throws<InvalidInputException>(() => AnswerFiles.Score("pope", "pope", ("questions", questions), ("answers", _files.Write("a.jsonl", answers))));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_slip_of_an_older_release_of_the_questions_is_no_other_question()
    {
        var questions = _files.Write("q.jsonl", "{\"question_id\":1,\"image\":\"a.jpg\",\"text\":\"Is there an umbrella in the imange?\\nAnswer the question.\",\"category\":\"random\"}");
        var labels = _files.Write("coco_pope_random.json", Pope(1, "a.jpg", "Is there an umbrella in the image?", "yes"));
        var answers = _files.Write("a.jsonl", "{\"question_id\":1,\"text\":\"Yes\"}");
        Assert.Equal(1, AnswerFiles.Score("pope", "pope", ("questions", questions), ("labels", labels), ("answers", answers)).Document["overall"]!["f1"]!.GetValue<double>());
    }

    [Fact]
    public void Labels_of_another_release_are_told_by_the_question_that_they_lack()
    {
        var questions = _files.Write("q.jsonl", "{\"question_id\":1,\"image\":\"a.jpg\",\"text\":\"Is there a dog in the image?\",\"category\":\"random\"}");
        var labels = _files.Write("coco_pope_random.json", Pope(1, "a.jpg", "Is there a cow in the image?", "yes"));
        var error = Assert.Throws<InvalidInputException>(() => AnswerFiles.Score("pope", "pope", ("questions", questions), ("labels", labels), ("answers", questions)));
        Assert.Contains("no label for question random/1 (image a, 'is there a dog in the image?')", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidInputException>(() => AnswerFiles.Score("pope", "pope", ("questions", questions), ("answers", questions)));
        Assert.EndsWith("give the file or folder that has them with --labels", error.Message, StringComparison.Ordinal);
    }

    private static string Pope(int id, string image, string text, string label) =>
        new JsonObject { ["question_id"] = id, ["image"] = image, ["text"] = text, ["label"] = label }.ToJsonString();

    private static string Question(string category, int id, string labelAndAnswer) => new JsonObject
    {
        ["question_id"] = id,
        ["image"] = $"{id / 2}.jpg",
        ["category"] = category,
        ["label"] = labelAndAnswer.Split(' ')[0],
        ["answer"] = labelAndAnswer.Split(' ')[1],
    }.ToJsonString();

    private static void AssertFigures(JsonNode figures, double accuracy, double precision, double recall, double f1, double yesRatio, int n)
    {
        double Of(string key) => figures[key]!.GetValue<double>();
        Assert.Equal(accuracy, Of("accuracy"), 12);
        Assert.Equal(precision, Of("precision"), 12);
        Assert.Equal(recall, Of("recall"), 12);
        Assert.Equal(f1, Of("f1"), 12);
        Assert.Equal(yesRatio, Of("yes_ratio"), 12);
        Assert.Equal(n, figures["n"]!.GetValue<int>());
    }
}
