using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Evaluation;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Asking;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Evaluation.Answers;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Benchmarks whose questions are put to a model: from the files that their authors distribute to answers that their own rules read.</summary>
public sealed class AskedBenchmarkTests : IDisposable
{
    private const string Photograph = "fixtures/endtoend/llava_v1/images";
    private readonly AnswerFiles _files = new();

    public AskedBenchmarkTests() => TorchRuntime.Start(1);

    public void Dispose() => _files.Dispose();

    // "long-tail" reads the answers to "pope" or "chair".
    [Fact]
    public void All_but_judged_benchmarks_can_be_asked() => Assert.Equal(["mmvet", "llava-bench", "mmhal", "long-tail"],
        AnswerBenchmarks.BuiltIn.Where(b => b.Asked is null).Select(b => b.Name));

    [Fact]
    public void Anls_asks_DocVQAs_questions_by_the_names_of_their_images() => Asked("anls", ["documents/a.jpg"], 2, "anls",
        ("questions", Write("val_v1.0.json", """
            {"dataset_name": "x", "data": [{"questionId": 1, "question": "Which year?", "image": "documents/a.jpg", "docId": 7, "answers": ["1999", "In 1999"]},
             {"questionId": 2, "question": "Who?", "image": "documents/a.jpg", "docId": 7, "answers": ["Ann"]}]}
            """)));

    [Fact]
    public void Vqa_asks_the_texts_of_one_file_and_scores_by_the_annotations_of_another() => Asked("vqa", ["COCO_val2014_000000000042.jpg"], 1, "accuracy",
        ("questions", Write("annotations.json", $$"""
            {"annotations": [{"question_id": 420, "image_id": 42, "answer_type": "other", "answers": [{{string.Join(',', Enumerable.Repeat("""{"answer": "red"}""", 10))}}]}]}
            """)),
        ("texts", Write("questions.json", """{"questions": [{"image_id": 42, "question": "Which colour?", "question_id": 420}]}""")));

    [Fact]
    public void Gqa_asks_records_that_lie_under_their_ids() => Asked("gqa", ["n161313.jpg"], 2, "accuracy",
        ("questions", Write("testdev.json", """
            {"201": {"imageId": "n161313", "question": "Is it red?", "answer": "yes"}, "202": {"imageId": "n161313", "question": "What is it?", "answer": "bus"}}
            """)));

    [Fact]
    public void ScienceQa_asks_the_test_problems_with_hint_options_and_image()
    {
        var records = Asked("scienceqa", ["1/image.png"], 2, "accuracy",
            ("problems", Write("problems.json", """
                {"1": {"question": "Which?", "choices": ["one", "two"], "answer": 1, "hint": "Look.", "image": "image.png"},
                 "2": {"question": "What?", "choices": ["a", "b", "c"], "answer": 0, "hint": "", "image": null},
                 "3": {"question": "Not asked", "choices": ["a", "b"], "answer": 0, "hint": "", "image": null}}
                """)),
            ("splits", Write("splits.json", """{"train": ["3"], "test": ["1", "2"]}""")));
        Assert.Equal("<image>\nLook.\nWhich?\nA. one\nB. two" + AskedAs.ByLetter, records[0].Sample.Turns[0].Text);
        Assert.Equal(["A", "B", "C"], records[1].Choices);
    }

    [Fact]
    public void CvBench_asks_a_table_that_holds_its_images()
    {
        string image = Convert.ToBase64String(Picture()), table = Write("cv.tsv", "index\tquestion\tA\tB\tanswer\tsource\ttask\timage",
            $"0\tHow many?\t1\t2\tA\tCOCO\tCount\t{image}", "1\tWhich is nearer?\tcat\tdog\tB\tOmni3D\tDepth\t0");
        var asked = Asked("cv-bench", [], 2, "plain", ("questions", table));
        Assert.Equal([1, 1], asked.Select(q => q.Sample.Images.Count));
        Assert.Equal(asked[0].Sample.Images, asked[1].Sample.Images); // the second row names the first's
        Assert.DoesNotContain(image[..200], File.ReadAllText(AskStage.AnswersIn(Path.Combine(_files.Folder, "asked"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Chair_asks_for_a_description_of_every_image_whose_objects_are_known()
    {
        var asked = Asked("chair", ["COCO_val2014_000000000005.jpg", "000000000006.jpg"], 2, "chair_s",
            ("objects", Write("objects.json", """{"5": ["cat"], "6": ["dog", "car"]}""")), ("synonyms", TestData.Find("data/chair/LisaAnne_Hallucination/synonyms.txt")));
        Assert.All(asked, q => Assert.Equal("<image>\nPlease describe this image in detail.", q.Sample.Turns[0].Text));
    }

    [Fact]
    public void Amber_asks_for_descriptions_as_they_are_and_for_questions_in_a_word()
    {
        string[] data =
        [
            Write("data/query_all.json", """[{"id": 1, "image": "A.jpg", "query": "Describe this image."}, {"id": 2, "image": "A.jpg", "query": "Is it sunny?"}]"""),
            Write("data/annotations.json", """
                [{"id": 1, "type": "generative", "truth": ["sky"], "hallu": ["cloud"]}, {"id": 2, "type": "discriminative-attribute-state", "truth": "yes", "hallu": []}]
                """),
            Write("data/relation.json", """{"sky": [], "cloud": []}"""),
            Write("data/safe_words.txt", ""),
        ];
        var folder = Path.GetDirectoryName(data[0])!;
        var asked = Asked("amber", ["A.jpg"], 2, "discriminative", ("data", folder));
        Assert.Equal(["<image>\nDescribe this image.", "<image>\nIs it sunny?" + AskedAs.InFewWords], asked.Select(q => q.Sample.Turns[0].Text));
        asked = Asked("amber", ["A.jpg"], 1, "generative", ("data", folder), ("questions", Write("g.json", """[{"id": 1, "image": "A.jpg", "query": "Describe this image."}]""")));
        Assert.Single(asked);
    }

    [Fact]
    public void Mme_asks_the_lines_of_its_tool_and_gives_the_ids_that_its_files_give()
    {
        var questions = Path.GetDirectoryName(Write("tool/count.txt", "a.jpg\tTwo? Please answer yes or no.\tYes", "a.jpg\tThree? Please answer yes or no.\tNo"))!;
        Asked("mme", ["count/images/a.jpg"], 2, "tasks", ("questions", questions));
        var tool = Path.GetDirectoryName(Write("said/count.txt", "a.jpg\tTwo? Please answer yes or no.\tYes\tYes", "a.jpg\tThree? Please answer yes or no.\tNo\tYes"))!;
        Assert.Equal(AnswerFiles.Score("mme", "mme", ("answers", tool)).Outcomes.Questions.Select(q => q.Question),
            AnswerFiles.Score("mme", "mme", ("answers", AskStage.AnswersIn(Path.Combine(_files.Folder, "asked")))).Outcomes.Questions.Select(q => q.Question));
    }

    [Fact]
    public void What_cannot_be_asked_is_said_in_a_line_with_its_file()
    {
        var make = AnswerBenchmarks.BuiltIn.Get("vqa").Asked!.Make!;
        var annotations = Write("only.json", """{"annotations": [{"question_id": 1, "image_id": 2, "answers": ["a", "b"]}]}""");
        Assert.Contains("has no question to ask; give the file that has them as --texts",
            Assert.Throws<InvalidInputException>(() => make(new AnswerSources(new Dictionary<string, string> { ["questions"] = annotations }, ""), "").ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains("expected a file's name or an image in base64", Assert.Throws<InvalidInputException>(() =>
            QuestionFile.Read(Write("bad.tsv", "index\tquestion\timage", $"0\tWhat?\t{new string('!', 2000)}"), null, "", [])).Message, StringComparison.Ordinal);
        Assert.Contains("expected image, question, right answer between tabs, got 2 fields", Assert.Throws<InvalidInputException>(() =>
            AnswerBenchmarks.BuiltIn.Get("mme").Asked!.Make!(new AnswerSources(new Dictionary<string, string>
            {
                ["questions"] = Path.GetDirectoryName(Write("short/count.txt", "a.jpg\tTwo?"))!,
            }, ""), "").ToArray()).Message, StringComparison.Ordinal);
    }

    /// <summary>As <c>fovea eval NAME --model</c>: questions, the model's answers, and a score of as many.</summary>
    private IReadOnlyList<AskedQuestion> Asked(string name, string[] images, int count, string key, params (string Input, string Path)[] inputs)
    {
        var (benchmark, folder) = (AnswerBenchmarks.BuiltIn.Get(name), Path.Combine(_files.Folder, "images"));
        Directory.CreateDirectory(folder);
        foreach (var image in images)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, image))!);
            File.WriteAllBytes(Path.Combine(folder, image), Picture());
        }

        var given = inputs.ToDictionary(i => i.Input, i => i.Path);
        var asked = benchmark.Asked!;
        var questions = asked.Make is null ? given["questions"]
            : Write("made.jsonl", [.. asked.Make(new AnswerSources(given, ""), folder).Select(r => r.ToJsonString())]);
        var stage = new AskStage
        {
            Model = TestData.Find("fixtures/endtoend/llava_v1/model"),
            Questions = questions,
            Images = folder,
            Suffix = asked.Suffix,
            Choices = asked.Choices,
            MaxNewTokens = 2,
        };
        var at = Path.Combine(_files.Folder, "asked");
        if (Directory.Exists(at))
        {
            Directory.Delete(at, recursive: true);
        }

        StageRunner.Run(stage, new StageContext(at, 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Continue);
        given[asked.Answers] = AskStage.AnswersIn(at);
        var score = benchmark.Score(new AnswerSources(given, benchmark.Parsers.Count == 0 ? "" : benchmark.Parsers[0].Name));
        Assert.Equal(count, score.Outcomes.Questions.Count);
        Assert.True(score.Document.ContainsKey(key), score.Document.ToJsonString());
        return QuestionFile.Read(questions, folder, asked.Suffix, asked.Choices);
    }

    private static byte[] Picture() => File.ReadAllBytes(Directory.GetFiles(TestData.Find(Photograph)).Order(StringComparer.Ordinal).First());

    private string Write(string name, params string[] lines) => _files.Write(name, lines);
}
