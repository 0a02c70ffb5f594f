using Fovea.Core.Errors;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class ChoiceScoreTests : IDisposable
{
    private const string Head = "index\tquestion\tA\tB\tC\tD\tanswer\tprediction\tcategory\tl2-category";
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void MMBench_circular_needs_every_rotation_and_plain_the_first_alone()
    {
        var table = _files.Write("m.tsv", Head,
            "1000002\tq\tcat\tdog\t\t\tB\tdog\tanimals\tcoarse", "2\tq\tdog\tcat\t\t\tA\tA\tanimals\tcoarse",
            "1\tq\tred\tblue\tgreen\t\tC\tgreen\tcolours\tfine", "1000001\tq\tgreen\tred\tblue\t\tA\tB\tcolours\tfine",
                "2000001\tq\tblue\tgreen\tred\t\tB\tB\tcolours\tfine",
            "3\tq\tone\ttwo\t\t\tA\tI cannot say\tcounting\tfine");
        var score = AnswerFiles.Score("mmbench", "vlmevalkit", ("answers", table));
        Assert.Equal(1 / 3.0, score.Document["circular"]!.GetValue<double>(), 12);
        Assert.Equal(2 / 3.0, score.Document["plain"]!.GetValue<double>(), 12);
        Assert.Equal(0, score.Document["abilities"]!["fine"]!.GetValue<double>());
        Assert.Equal(1, score.Document["categories"]!["animals"]!.GetValue<double>());
        Assert.Equal((3, 6, 1), (score.Document["n"]!.GetValue<int>(), score.Document["rows"]!.GetValue<int>(), score.Document["unread"]!.GetValue<int>()));
        Assert.Equal(3, score.Outcomes.Questions.Count);
    }

    [Fact]
    public void MMBench_without_rotations_has_no_circular_accuracy_and_answers_may_lie_apart()
    {
        var questions = _files.Write("q.tsv", Head, "7\tq\tcat\tdog\t\t\tB\t\tanimals\tcoarse");
        var answers = _files.Write("a.jsonl", "{\"question_id\":7,\"text\":\"B\"}");
        var document = AnswerFiles.Score("mmbench", "llava", ("questions", questions), ("answers", answers)).Document;
        Assert.Null(document["circular"]);
        Assert.Equal(1, document["plain"]!.GetValue<double>());
        var rotation = _files.Write("r.tsv", Head, "1000007\tq\tcat\tdog\t\t\tB\tB\tanimals\tcoarse");
        Assert.Contains("rotation of question 7", Refusal("mmbench", "llava", ("answers", rotation)), StringComparison.Ordinal);
    }

    [Fact]
    public void CV_Bench_combines_its_sources_in_both_ways()
    {
        string Line(int id, string source, string gold, string said) =>
            $"{{\"idx\":{id},\"task\":\"Count\",\"source\":\"{source}\",\"choices\":[\"1\",\"2\"],\"answer\":\"({gold})\",\"prediction\":\"{said}\"}}";
        var file = _files.Write("cv.jsonl", Line(1, "ADE20K", "A", "(A) 1"), Line(2, "COCO", "A", "B"), Line(3, "COCO", "B", "b"),
            Line(4, "Omni3D", "B", "The answer is B"), Line(5, "Omni3D", "A", "A"), Line(6, "Omni3D", "A", "B"));
        var document = AnswerFiles.Score("cv-bench", "lmms-eval", ("answers", file)).Document;

        // ADE20K 1, COCO 1/2, Omni3D 1/3: "The ..." begins with a T.
        Assert.Equal(3 / 6.0, document["plain"]!.GetValue<double>(), 12);
        Assert.Equal(((0.75) + (1 / 3.0)) / 2, document["combined"]!.GetValue<double>(), 12);
        Assert.Equal(0.75, document["2d"]!.GetValue<double>(), 12);
        Assert.Equal(2 / 3.0, AnswerFiles.Score("cv-bench", "vlmevalkit", ("answers", file)).Document["3d"]!.GetValue<double>(), 12);
    }

    [Fact]
    public void ScienceQA_scores_the_test_split_and_questions_with_an_image()
    {
        var problems = _files.Write("p.json",
            "{\"1\":{\"choices\":[\"a\",\"b\"],\"answer\":1,\"image\":\"image.png\"},\"2\":{\"choices\":[\"a\",\"b\"],\"answer\":0,\"image\":null},\"9\":{\"choices\":[\"a\"],\"answer\":0,\"image\":null}}");
        var splits = _files.Write("s.json", "{\"train\":[\"9\"],\"test\":[\"2\",\"1\"]}");
        var answers = _files.Write("a.jsonl", "{\"question_id\":\"1\",\"text\":\"B\"}", "{\"question_id\":\"2\",\"text\":\"C\"}");
        var document = AnswerFiles.Score("scienceqa", "llava", ("problems", problems), ("splits", splits), ("answers", answers)).Document;
        Assert.Equal(0.5, document["accuracy"]!.GetValue<double>());
        Assert.Equal(1, document["groups"]!["image"]!.GetValue<double>());
        Assert.Contains("no answer, the first is '9'", Refusal("scienceqa", "llava", ("problems", problems), ("answers", answers)), StringComparison.Ordinal);
    }

    [Fact]
    public void Right_answers_may_be_letters_indices_or_texts()
    {
        var file = _files.Write("m.jsonl", "{\"id\":\"x\",\"subject\":\"law\",\"choices\":[\"p\",\"q\"],\"answer\":1,\"prediction\":\"B\"}",
            "{\"id\":\"y\",\"subject\":\"law\",\"choices\":[\"p\",\"q\"],\"answer\":\"p\",\"prediction\":\"A\"}",
                "{\"id\":\"z\",\"subject\":\"art\",\"A\":\"p\",\"B\":\"q\",\"answer\":\"B\",\"prediction\":\"A\"}");
        var document = AnswerFiles.Score("multiple-choice", "vlmevalkit", ("answers", file)).Document;
        Assert.Equal(1, document["groups"]!["law"]!.GetValue<double>());
        Assert.Equal(2 / 3.0, document["accuracy"]!.GetValue<double>(), 12);
        var bad = _files.Write("bad.jsonl", "{\"id\":\"x\",\"choices\":[\"p\",\"q\"],\"answer\":2,\"prediction\":\"B\"}");
        Assert.Contains("one of the 2 options", Refusal("multiple-choice", "vlmevalkit", ("answers", bad)), StringComparison.Ordinal);
    }

    private static string Refusal(string benchmark, string parser, params (string, string)[] inputs) =>
        Assert.Throws<InvalidInputException>(() => AnswerFiles.Score(benchmark, parser, inputs)).Message;
}
