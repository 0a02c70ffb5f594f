using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Evaluation;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Asking;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Training;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Questions, predictions, metrics: a small LLaVA is asked POPE's questions about photographs, and its answers are scored by POPE's rule.</summary>
public sealed class AskStageTests : IDisposable
{
    private static readonly string[] Objects = ["cat", "dog", "car"];
    private readonly TemporaryFolder _folder = new();

    public AskStageTests() => TorchRuntime.Start(1);

    private AskStage Stage => new()
    {
        Model = TestData.Find("fixtures/endtoend/llava_v1/model"),
        Questions = Path.Combine(_folder.Path, "questions"),
        Images = Path.Combine(_folder.Path, "images"),
        Suffix = " One word.",
        MaxNewTokens = 3,
        Choices = ["Yes", "No"],
    };

    [Fact]
    public void Answers_stand_beside_their_questions_and_are_scored_as_an_answer_file_is()
    {
        Prepare();
        Run(Stage, "generated");
        Run(Stage with { By = AnswerBy.Likelihood }, "weighed");
        foreach (var name in new[] { "generated", "weighed" })
        {
            var answers = AskStage.AnswersIn(Path.Combine(_folder.Path, name));
            Assert.Equal(["coco_pope_popular.jsonl", "coco_pope_random.jsonl"], Directory.GetFiles(answers).Select(f => Path.GetFileName(f)).Order());
            Assert.All(File.ReadLines(Path.Combine(answers, "coco_pope_random.jsonl")), line =>
                Assert.Matches("^\\{\"question_id\":\\d,\"image\":\"[^\"]+\",\"text\":\"Is there [^\"]+\",\"label\":\"(yes|no)\",\"prediction\":", line));
            var score = AnswerBenchmarks.BuiltIn.Get("pope").Score(
                new AnswerSources(new Dictionary<string, string> { ["questions"] = Stage.Questions, ["answers"] = answers }, "pope"));
            Assert.Equal(12, score.Document["overall"]!["n"]!.GetValue<int>());
        }
    }

    [Fact]
    public void Options_are_asked_by_their_letters_and_scored_by_the_rule_of_multiple_choice()
    {
        Prepare();
        var questions = Path.Combine(_folder.Path, "choices.tsv");
        var image = Path.GetFileName(Directory.GetFiles(Stage.Images!)[0]);
        File.WriteAllText(questions, $"id\tquestion\tA\tB\tC\tanswer\timage\n1\tWhich?\tred\tblue\tgreen\tB\t{image}\n2\tWhich?\tup\tdown\t\tA\t\n");
        Run(Stage with { Questions = questions, By = AnswerBy.Likelihood, Choices = [], Suffix = AskedAs.ByLetter }, "letters");
        var answers = AskStage.AnswersIn(Path.Combine(_folder.Path, "letters"));
        Assert.All(File.ReadLines(answers), line => Assert.Matches("\"prediction\":\"[ABC]\",\"stop\":\"likelihood\",\"log_probs\":\\{\"A\":-", line));
        var score = AnswerBenchmarks.BuiltIn.Get("multiple-choice").Score(
            new AnswerSources(new Dictionary<string, string> { ["questions"] = questions, ["answers"] = answers }, "vlmevalkit"));
        Assert.Equal(2, score.Outcomes.Questions.Count);
    }

    [Fact]
    public void An_image_that_changed_is_refused_where_its_answers_lie()
    {
        Prepare();
        Run(Stage, "out");
        var image = Directory.GetFiles(Path.Combine(_folder.Path, "images"))[0];
        File.AppendAllText(image, "changed");
        Assert.Contains(Path.GetFileName(image), Assert.Throws<FoveaException>(() => Run(Stage, "out")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_says_how_answers_were_made()
    {
        Prepare();
        var result = Run(Stage with { Decode = "guidance@proxy=none" }, "guided");
        Assert.Equal(("guidance@gamma=1,beta=0.1,proxy=none", "generation", 3, 12), ((string)result["decode"]!, (string)result["by"]!,
            (int)result["max_new_tokens"]!, (int)result["questions"]!));
        Assert.Equal("llava_v1", (string)result["template"]!);
    }

    [Fact]
    public void Whatever_decides_an_answer_changes_the_key_that_it_is_kept_under()
    {
        Prepare();
        var stage = Stage with { Model = Path.Combine(_folder.Path, "model"), Images = Path.Combine(_folder.Path, "images") };
        Directory.CreateDirectory(stage.Model);
        Array.ForEach(Directory.GetFiles(Stage.Model), f => File.Copy(f, Path.Combine(stage.Model, Path.GetFileName(f))));
        var runs = 0;
        string[] KeysOf(AskStage asked)
        {
            var name = $"keys-{runs++}";
            Run(asked, name);
            return [.. Directory.GetFiles(AskStage.AnswersIn(Path.Combine(_folder.Path, name))).Order(StringComparer.Ordinal).SelectMany(File.ReadLines)
                .Select(l => (string)System.Text.Json.Nodes.JsonNode.Parse(l)!["key"]!).Distinct()]; // the two files have the same questions
        }

        var keys = KeysOf(stage);
        Assert.Equal(keys, KeysOf(stage with { TokenBudget = 7 })); // which decides how it is asked, not what
        var seen = new HashSet<string>(keys);
        foreach (var other in new[]
        {
            stage with { Template = "plain" }, stage with { Suffix = " In a word." }, stage with { MaxNewTokens = 4 }, stage with { By = AnswerBy.Likelihood },
            stage with { By = AnswerBy.Likelihood, Choices = ["Yes", "No", "Maybe"] }, stage with { Decode = "vcd" }, stage with { Decode = "vcd@seed=1" },
        })
        {
            Assert.All(KeysOf(other), k => Assert.True(seen.Add(k), $"{other} kept a key"));
        }

        // Files, each changed so that it still means a model, and put back.
        foreach (var (name, change) in new (string, Func<byte[], byte[]>)[]
        {
            ("model.safetensors", b => [.. b[..^1], (byte)(b[^1] ^ 1)]),
            ("config.json", b => [.. b, (byte)'\n']),
            ("tokenizer.json", b => [.. b, (byte)'\n']),
            ("preprocessor_config.json", b => [.. b, (byte)'\n']),
        })
        {
            var path = Path.Combine(stage.Model, name);
            var before = File.ReadAllBytes(path);
            File.WriteAllBytes(path, change(before));
            Assert.All(KeysOf(stage), k => Assert.True(seen.Add(k), $"{name} changed, and a key did not"));
            File.WriteAllBytes(path, before);
        }

        var image = Directory.GetFiles(stage.Images!).Order(StringComparer.Ordinal).First();
        File.WriteAllBytes(image, [.. File.ReadAllBytes(image), 0]);
        Assert.Equal(keys.Length / 2, KeysOf(stage).Count(seen.Add)); // the questions about this one of two
    }

    public void Dispose() => _folder.Dispose();

    private System.Text.Json.Nodes.JsonObject Run(AskStage stage, string name) =>
        StageRunner.Run(stage, new StageContext(Path.Combine(_folder.Path, name), 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Continue)
            .Result!;

    private void Prepare()
    {
        Directory.CreateDirectory(Stage.Questions);
        Directory.CreateDirectory(Stage.Images!);
        var photographs = Directory.GetFiles(TestData.Find("fixtures/endtoend/llava_v1/images")).Order(StringComparer.Ordinal).Take(2).ToArray();
        Array.ForEach(photographs, p => File.Copy(p, Path.Combine(Stage.Images!, Path.GetFileName(p))));
        foreach (var category in new[] { "random", "popular" })
        {
            var questions = photographs.SelectMany(p => Objects.Select(o => (Image: Path.GetFileName(p), Object: o))).Select((q, i) =>
                $$"""{"question_id": {{i}}, "image": "{{q.Image}}", "text": "Is there a {{q.Object}} in the image?", "label": "{{(i % 2 == 0 ? "yes" : "no")}}"}""");
            File.WriteAllLines(Path.Combine(Stage.Questions, $"coco_pope_{category}.json"), questions);
        }
    }
}
