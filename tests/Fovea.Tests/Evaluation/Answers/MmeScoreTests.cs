using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Mme;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class MmeScoreTests : IDisposable
{
    private static readonly string[] Tasks =
    [
        "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
        "commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning",
    ];

    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("yes", true)]
    [InlineData("No", false)]
    [InlineData("Yes, it is.", true)]
    [InlineData(" no", false)]
    [InlineData("Know", false)]
    [InlineData("I know", null)]
    [InlineData("It is not", null)]
    [InlineData("", null)]
    [InlineData("Nyes", true)]
    public void An_answer_is_read_from_its_first_four_characters(string answer, bool? isYes) => Assert.Equal(isYes, MmeFile.Parse(answer));

    [Fact]
    public void A_task_scores_100_times_accuracy_and_accuracy_of_whole_images()
    {
        foreach (var task in Tasks)
        {
            // Both right; one right and one neither yes nor no: accuracy 3/4, accuracy+ 1/2.
            _files.Write(task + ".txt", "a.jpg\tq1\tYes\tYes", "a.jpg\tq2\tNo\tNo.", "b.jpg\tq1\tYes\tyes", "b.jpg\tq2\tNo\tmaybe");
        }

        _files.Write("color.txt", "a.jpg\tq1\tYes\tYes", "a.jpg\tq2\tNo\tNo", "b.jpg\tq1\tYes\tYes", "b.jpg\tq2\tNo\tNo", "c.jpg\tq1\tYes\tNo", "c.jpg\tq2\tNo\tYes");
        var score = AnswerFiles.Score("mme", "mme", ("answers", _files.Folder));
        Assert.Equal((9 * 125) + (200 * (2 / 3.0)), score.Document["perception"]!.GetValue<double>(), 9);
        Assert.Equal(4 * 125, score.Document["cognition"]!.GetValue<double>(), 9);
        Assert.Equal(125, score.Document["tasks"]!["OCR"]!.GetValue<double>(), 9);
        Assert.Empty(score.Notes);
        Assert.Equal((13 * 4) + 6, score.Outcomes.Questions.Count);
        Assert.Equal((13 * 2) + 3, score.Outcomes.Questions.Select(q => q.Cluster).Distinct().Count());
    }

    [Fact]
    public void The_order_of_lines_does_not_matter_and_files_may_be_packed()
    {
        _files.Write("count.txt.gz", "a.jpg\tq1\tYes\tYes", "b.jpg\tq1\tYes\tYes", "a.jpg\tq2\tNo\tNo", "b.jpg\tq2\tNo\tYes");
        var score = AnswerFiles.Score("mme", "mme", ("answers", _files.Folder));
        Assert.Equal(125, score.Document["tasks"]!["count"]!.GetValue<double>(), 9);
        Assert.Null(score.Document["perception"]);
        Assert.StartsWith("perception is not given: no file for existence, position", score.Notes[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image a.jpg: expected answers to 2 questions, got 1", "a.jpg\tq1\tYes\tYes")]
    [InlineData("image a.jpg: 'q1' is answered twice; keep one", "a.jpg\tq1\tYes\tYes", "a.jpg\tq1\tYes\tNo")]
    [InlineData("record 0: expected image, question, right answer and answer between tabs, got 3 fields", "a.jpg\tq1\tYes")]
    [InlineData("record 0: the right answer: expected Yes or No, got 'maybe'", "a.jpg\tq1\tmaybe\tYes")]
    public void A_file_that_breaks_the_form_is_named(string message, params string[] lines)
    {
        _files.Write("count.txt", lines);
        var error = Assert.Throws<InvalidInputException>(() => AnswerFiles.Score("mme", "mme", ("answers", _files.Folder)));
        Assert.Contains("count.txt", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(message, error.Message, StringComparison.Ordinal);
    }
}
