using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Reading;
using Fovea.Evaluation.Answers.Texts;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class TextScoreTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("12 July", "12 july", 1.0)]
    [InlineData("abcd", "abcx", 0.75)]
    [InlineData("abcd", "abxx", 0.5)]
    [InlineData("abcd", "axxx", 0.0)]
    [InlineData("abcd", "", 0.0)]
    [InlineData("", "", 1.0)]
    public void ANLS_is_one_minus_the_distance_over_the_length_and_zero_below_a_half(string gold, string answer, double score) =>
        Assert.Equal(score, AnlsScore.Of([gold], answer, ofNormalised: false), 12);

    [Fact]
    public void ANLS_divides_by_the_lengths_as_written_and_takes_the_nearest_right_answer()
    {
        // One substitution; 4 letters, or 8 characters with the blanks that normalising removes.
        Assert.Equal(1 - (1 / 8.0), AnlsScore.Of(["ab cd"], "ab   cx ", ofNormalised: false), 12);
        Assert.Equal(1 - (1 / 5.0), AnlsScore.Of(["ab cd"], "ab   cx ", ofNormalised: true), 12);
        Assert.Equal(1, AnlsScore.Of(["other", "ab"], "AB", ofNormalised: true));
        Assert.Equal(0.5, AnlsScore.Of(["😀a"], "😀b", ofNormalised: false));
    }

    [Fact]
    public void ANLS_of_DocVQAs_files_is_the_mean_over_questions_clustered_by_image()
    {
        var questions = _files.Write("val.json",
            "{\"dataset_name\":\"docvqa\",\"data\":[{\"questionId\":1,\"image\":\"a.png\",\"answers\":[\"ITC\",\"itc limited\"]},{\"questionId\":2,\"image\":\"a.png\",\"answers\":[\"1975\"]}]}");
        var answers = _files.Write("a.json", "[{\"questionId\":2,\"answer\":\"1976\"},{\"questionId\":1,\"answer\":\"itc\"}]");
        var score = AnswerFiles.Score("anls", "lmms-eval", ("questions", questions), ("answers", answers));
        Assert.Equal((1 + 0.75) / 2, score.Document["anls"]!.GetValue<double>(), 12);
        Assert.Single(score.Outcomes.Questions.Select(q => q.Cluster).Distinct());
        var few = _files.Write("few.json", "[{\"questionId\":2,\"answer\":\"1976\"}]");
        Assert.Contains("1 of 2 questions have no answer", Assert.Throws<InvalidInputException>(() =>
            AnswerFiles.Score("anls", "lmms-eval", ("questions", questions), ("answers", few))).Message, StringComparison.Ordinal);
        var stray = _files.Write("stray.json", "[{\"questionId\":3,\"answer\":\"1976\"}]");
        Assert.Contains("not among the 2", Assert.Throws<InvalidInputException>(() =>
            AnswerFiles.Score("anls", "lmms-eval", ("questions", questions), ("answers", stray))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Two dogs!", "2 dogs")]
    [InlineData("the cat", "cat")]
    [InlineData("dont know", "don't know")]
    [InlineData("couldnt've", "couldn't've")]
    [InlineData("1,000", "1000")]
    [InlineData("a/b", "b")]
    [InlineData("none", "0")]
    [InlineData("3.5 m.", "3.5 m")]
    [InlineData("its", "its")]
    [InlineData("somebody'd", "somebodyd")]
    public void VQAs_words_are_those_of_its_script(string answer, string words) => Assert.Equal(words, VqaWords.Normalise(answer));

    [Fact]
    public void VQAs_accuracy_is_the_mean_over_annotators_of_a_third_for_each_other_who_agrees()
    {
        string[] gold = ["yes", "yes", "yes", "no", "no", "no", "no", "no", "no", "no"];

        // Three say yes: each of them has two others (2/3), the seven have three (1).
        Assert.Equal(((3 * 2 / 3.0) + 7) / 10, VqaScore.Of(gold, "Yes.", always: false), 12);
        Assert.Equal(1, VqaScore.Of(gold, "no", always: false), 12);
        Assert.Equal(0, VqaScore.Of(gold, "", always: false), 12);

        // Where all ten agree vqaEval.py compares as it is written; EvalAI's processor does not.
        string[] same = [.. Enumerable.Repeat("left", 10)];
        Assert.Equal(0, VqaScore.Of(same, "Left", always: false));
        Assert.Equal(1, VqaScore.Of(same, "Left", always: true));
    }

    [Fact]
    public void VQAs_annotations_and_results_are_read_as_they_are()
    {
        var annotators = string.Join(',', Enumerable.Range(0, 10).Select(i => $"{{\"answer\":\"{(i < 2 ? "cat" : "dog")}\",\"answer_id\":{i}}}"));
        var questions = _files.Write("ann.json",
            $"{{\"annotations\":[{{\"question_id\":5,\"image_id\":9,\"answer_type\":\"other\",\"answers\":[{annotators}]}}]}}");
        var answers = _files.Write("r.json", "[{\"question_id\":5,\"answer\":\"cat\"}]");
        var document = AnswerFiles.Score("vqa", "vqa", ("questions", questions), ("answers", answers)).Document;
        Assert.Equal(0.6, document["accuracy"]!.GetValue<double>(), 12);
        Assert.Equal(document["accuracy"]!.GetValue<double>(), document["answer_types"]!["other"]!.GetValue<double>());
    }

    [Fact]
    public void GQA_is_exact_by_each_rule()
    {
        var questions = _files.Write("q.json",
            "{\"07\":{\"imageId\":\"n1\",\"question\":\"Q\",\"answer\":\"yes\"},\"08\":{\"imageId\":\"n1\",\"question\":\"Q\",\"answer\":\"t-shirt\"}}");
        var answers = _files.Write("a.jsonl", "{\"question_id\":\"07\",\"text\":\"Yes.\"}", "{\"question_id\":\"08\",\"text\":\"t shirt\"}");
        double Accuracy(string parser) => AnswerFiles.Score("gqa", parser, ("questions", questions),
            ("answers", answers)).Document["accuracy"]!.GetValue<double>();
        Assert.Equal((0.5, 0.5, 0), (Accuracy("llava"), Accuracy("lmms-eval"), Accuracy("exact")));
    }

    [Theory]
    [InlineData("['a', \"b's\", 'it\\'s']", "a|b's|it's")]
    [InlineData("[\"x\"]", "x")]
    [InlineData("[]", "")]
    public void Lists_in_a_cell_are_read_in_Pythons_form(string cell, string texts) => Assert.Equal(texts, string.Join('|', TextList.Parse(cell)!));

    [Fact]
    public void What_only_looks_like_a_list_is_a_text()
    {
        Assert.Null(TextList.Parse("[sic]"));
        Assert.Null(TextList.Parse("['a'"));
        Assert.Null(TextList.Parse("['a'] b"));
    }
}
