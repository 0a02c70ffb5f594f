using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Amber;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class AmberScoreTests : IDisposable
{
    private const string Data = "data/bench/AMBER";
    private readonly AnswerFiles _files = new();

    public AmberScoreTests()
    {
        _files.Write("data/annotations.json", """
            [{"id":1,"type":"generative","truth":["sky","dog"],"hallu":["cat","car"]},
             {"id":2,"type":"generative","truth":["table"],"hallu":[]},
             {"id":3,"type":"discriminative-hallucination","truth":"no"}, {"id":4,"type":"discriminative-attribute-state","truth":"yes"},
             {"id":5,"type":"discriminative-attribute-state","truth":"no"}, {"id":6,"type":"relation","truth":"no"}]
            """);
        _files.Write("data/query_all.json", $"[{string.Join(',', Enumerable.Range(1, 6).Select(i => $"{{\"id\":{i},\"image\":\"AMBER_{i % 2}.jpg\",\"query\":\"?\"}}"))}]");
        _files.Write("data/relation.json", """{"sky":[],"dog":["puppy"],"cat":["kitten"],"car":[],"table":["desk"],"camera":[],"can":[],"watch":[]}""");
        _files.Write("data/safe_words.txt", "camera");
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Descriptions_and_questions_counted_by_hand_give_their_figures()
    {
        // 1: puppy (dog, there), kitten (cat, expected and wrong), camera (safe), sky twice; "can be" is no thing: 5 nouns, 1 wrong.
        // 2: desks (table, there) and a car, which nothing is known of: 2 nouns, 1 wrong.
        var answers = _files.Write("a.json", """
            [{"id":1,"response":"A puppy and a kitten under the sky can be seen by a camera. The sky is blue."}, {"id":2,"response":"Two desks, a car."},
             {"id":3,"response":"No"}, {"id":4,"response":"No"}, {"id":5,"response":"Yes"}, {"id":6,"response":"no"}]
            """);
        var document = Score(answers, "amber").Document;
        AssertFigures(document["generative"]!, ("chair", 2 / 7.0), ("cover", 3 / 3.0), ("hal", 1), ("cog", 1 / 2.0), ("n", 2));
        // Says no: 3 (right), 4 (wrong). Right answers that are no: 3, 5, 6. "no" is not "No".
        AssertFigures(document["discriminative"]!["overall"]!, ("accuracy", 1 / 4.0), ("precision", 1 / 2.0), ("recall", 1 / 3.0), ("f1", 2 / 5.0), ("n", 4));
        AssertFigures(document["discriminative"]!["existence"]!, ("accuracy", 1), ("precision", 1), ("recall", 1), ("f1", 1), ("n", 1));
        Assert.Equal(2 / 4.0, Score(answers, "vlmevalkit").Document["discriminative"]!["overall"]!["accuracy"]!.GetValue<double>(), 12);
        Assert.Null(document["discriminative"]!["relation"]!["precision"]);

        // As the code prints: 2 * 0.5 * 0.333 / (0.5 + 0.333 + 0.0001), and 0.001 for existence.
        Assert.Equal(40, document["printed"]!["discriminative"]!["overall"]!["f1"]!.GetValue<double>());
        Assert.Equal(100, document["printed"]!["discriminative"]!["existence"]!["f1"]!.GetValue<double>());
        Assert.Equal((1 - (2 / 7.0) + (2 / 5.0)) / 2, document["amber_score"]!.GetValue<double>(), 12);
    }

    [Fact]
    public void A_similar_word_is_excused_where_similarities_are_given()
    {
        var answers = _files.Write("a.json", """[{"id":1,"response":"a cat and a car"},{"id":2,"response":""}]""");
        Assert.Equal(1, Score(answers, "amber").Document["generative"]!["chair"]!.GetValue<double>());
        var similarities = _files.Write("s.csv", "word,other,similarity", "cat,dog,0.8017", "car,sky,0.8");
        var score = Score(answers, "amber", similarities);
        AssertFigures(score.Document["generative"]!, ("chair", 1 / 2.0), ("cover", 1 / 3.0), ("hal", 1 / 2.0), ("cog", 1), ("n", 2));
    }

    [Theory]
    [InlineData("record 0: answers query 9, which AMBER does not have", """[{"id":9,"response":"Yes"}]""")]
    [InlineData("record 1: answers query 3 a second time; keep one", """[{"id":3,"response":"Yes"},{"id":3,"response":"No"}]""")]
    [InlineData("1 of 2 queries of the dimension attribute have no response, the first is 5", """[{"id":4,"response":"Yes"}]""")]
    public void A_response_that_is_missing_or_too_many_is_named(string message, string answers) =>
        Assert.EndsWith(message, Assert.Throws<InvalidInputException>(() => Score(_files.Write("a.json", answers), "amber")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("They watch a watch and a can", "watch", "can")]
    [InlineData("It can be seen on the tables, Tables and cans", "table", "can")]
    [InlineData("people want to watch cats", "cat")]
    public void Nouns_are_words_of_the_vocabulary_in_the_singular(string text, params string[] nouns) =>
        Assert.Equal(nouns, new AmberNouns(new HashSet<string> { "watch", "can", "table", "cat" }).Of(text));

    [Fact]
    public void Right_answers_to_all_of_AMBER_score_all()
    {
        var answers = new JsonArray();
        foreach (var query in JsonNode.Parse(File.ReadAllText(TestData.Find($"{Data}/annotations.json")))!.AsArray())
        {
            var response = query!["truth"] is JsonArray truth ? $"There is {string.Join(", ", truth.Select(t => "a " + t))}." : query["truth"]!.GetValue<string>() == "yes" ? "Yes" : "No";
            answers.Add(new JsonObject { ["id"] = query["id"]!.GetValue<int>(), ["response"] = response });
        }

        var score = AnswerFiles.Score("amber", "amber", ("answers", _files.Write("all.json.gz", answers.ToJsonString())), ("data", TestData.Find(Data)));
        Assert.Equal((1004, 14216), (score.Document["generative"]!["n"]!.GetValue<int>(), score.Document["discriminative"]!["overall"]!["n"]!.GetValue<int>()));
        Assert.Equal(0, score.Document["generative"]!["chair"]!.GetValue<double>());

        // By the code's own loop over the annotations: an object that is a safe word, or associated with one before it, is never covered itself.
        Assert.Equal(5219 / 5599.0, score.Document["generative"]!["cover"]!.GetValue<double>(), 12);
        Assert.Equal(1, score.Document["discriminative"]!["overall"]!["f1"]!.GetValue<double>());
        Assert.Equal([4924, 7628, 4764, 2072, 792, 1664], ((string[])["existence", "attribute", "state", "number", "action", "relation"])
            .Select(g => score.Document["discriminative"]![g]!["n"]!.GetValue<int>()));
        Assert.Equal(1004, score.Outcomes.Questions.Select(q => q.Cluster).Distinct().Count());
    }

    private AnswerScore Score(string answers, string parser, string? similarities = null) => AnswerFiles.Score("amber", parser,
        [("answers", answers), ("data", Path.Combine(_files.Folder, "data")), .. similarities is null ? Array.Empty<(string, string)>() : [("similarities", similarities)]]);

    private static void AssertFigures(JsonNode figures, params (string Key, double Value)[] expected) =>
        Assert.All(expected, e => Assert.Equal(e.Value, double.Parse(figures[e.Key]!.ToJsonString(), CultureInfo.InvariantCulture), 12));
}
