using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>Answer files scored through the command, without a model.</summary>
public sealed class AnswerFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pope_gives_its_keys_and_keeps_the_outcome_of_every_question()
    {
        var questions = _folder.Write("coco_pope_random.json", string.Join('\n', Enumerable.Range(1, 12).Select(i => new JsonObject
        {
            ["question_id"] = i,
            ["image"] = $"COCO_val2014_{i / 7:D12}.jpg",
            ["text"] = "Is there a dog in the image?",
            ["label"] = i % 2 == 1 ? "yes" : "no",
        }.ToJsonString())));
        var answers = _folder.Write("answers.jsonl", string.Join('\n', Enumerable.Range(1, 12).Reverse().Select(i =>
            $"{{\"question_id\":{i},\"text\":\"{(i % 2 == 1 && i != 3 ? "Yes" : "No")}\"}}")));
        var outcome = FoveaProcess.Succeed("eval", "pope", "--questions", questions, "--answers", answers, "--json", "--out", _folder["kept"]);
        foreach (var figures in (JsonNode[])[outcome.Json["overall"]!, outcome.Json["categories"]!["random"]!])
        {
            Assert.Equal(11 / 12.0, figures["accuracy"]!.GetValue<double>(), 12);
            Assert.Equal(1, figures["precision"]!.GetValue<double>());
            Assert.Equal(5 / 6.0, figures["recall"]!.GetValue<double>(), 12);
            Assert.Equal(10 / 11.0, figures["f1"]!.GetValue<double>(), 12);
            Assert.Equal(5 / 12.0, figures["yes_ratio"]!.GetValue<double>(), 12);
            Assert.Equal(12, figures["n"]!.GetValue<int>());
        }

        Assert.Equal(2, outcome.Json["run"]!["clusters"]!.GetValue<int>());
        Assert.Equal(13, File.ReadLines(Path.Combine(_folder["kept"], "outcomes.jsonl")).Count());
        Assert.Equal(outcome.Json["overall"]!.ToJsonString(), JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["kept"], "scores.json")))!["overall"]!.ToJsonString());

        var table = FoveaProcess.Succeed("eval", "pope", "--questions", questions, "--answers", answers, "--parser", "vcd").Output;
        Assert.Contains("pope, answers read as vcd does", table, StringComparison.Ordinal);
        Assert.Contains("91.7 %", table, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_scored_is_one_line_and_exit_code_1()
    {
        var answers = _folder.Write("answers.jsonl", "{\"question_id\":1,\"text\":\"Yes\"}\n{\"question_id\":");
        var outcome = FoveaProcess.Run("eval", "pope", "--answers", answers);
        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Equal($"fovea: {answers}, record 1: the JSON is cut short: the file ends in the middle of a value or of the list; copy or export it again", Assert.Single(outcome.ErrorLines));

        outcome = FoveaProcess.Run("eval", "pope", "--answers", answers, "--parser", "vdc");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("did you mean 'vcd'?", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Chair_and_mme_give_their_keys()
    {
        var captions = _folder.Write("captions.json", "[{\"image_id\":\"COCO_val2014_000000000007.jpg\",\"caption\":\"Two dogs and a cat\"}]");
        var objects = _folder.Write("objects.json", "{\"7\":[\"dog\"]}");
        var synonyms = _folder.Write("synonyms.txt", "person, man\ndog, puppy\ncat, kitten\n");
        var chair = FoveaProcess.Succeed("eval", "chair", "--captions", captions, "--objects", objects, "--synonyms", synonyms, "--json").Json;
        Assert.Equal((1, 0.5, 1, 1), (chair["chair_s"]!.GetValue<double>(), chair["chair_i"]!.GetValue<double>(), chair["recall"]!.GetValue<double>(), chair["n"]!.GetValue<int>()));

        Directory.CreateDirectory(_folder["mme"]);
        _folder.Write("mme/existence.txt", "a.jpg\tq1\tYes\tYes\na.jpg\tq2\tNo\tNo\n");
        var mme = FoveaProcess.Succeed("eval", "mme", "--answers", _folder["mme"], "--json").Json;
        Assert.Equal(200, mme["tasks"]!["existence"]!.GetValue<double>());
        Assert.Null(mme["perception"]);
    }
}
