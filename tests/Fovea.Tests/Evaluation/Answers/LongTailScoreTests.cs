using Fovea.Core.Errors;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class LongTailScoreTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Accuracy_of_POPE_is_counted_by_how_many_training_texts_mention_the_object()
    {
        var texts = Texts([.. Enumerable.Repeat("A dog. Another dog!", 10), "Two cats on a dining table."]);
        var questions = _files.Write("pope.jsonl",
            Question(1, "dog", "yes"), Question(2, "cat", "no"), Question(3, "dining table", "yes"), Question(4, "umbrella", "yes"));
        var answers = _files.Write("answers.jsonl", """{"question_id":1,"text":"Yes"}""", """{"question_id":2,"text":"Yes"}""", """{"question_id":3,"text":"Yes"}""", """{"question_id":4,"text":"No"}""");
        var score = AnswerFiles.Score("long-tail", "pope", ("texts", texts), ("questions", questions), ("answers", answers));
        var values = score.Outcomes.Values();
        Assert.Equal((0.0, 0.5, 1.0), (values["accuracy/0"], values["accuracy/1-9"], values["accuracy/10-99"]));
        Assert.Equal((0.0, 1.0), (values["recall/0"], values["recall/1-9"]));
        Assert.False(values.ContainsKey("accuracy/100-999"));
        Assert.Equal((2, 10), ((int?)score.Document["bands"]!["1-9"]!["objects"], (int?)score.Document["frequencies"]!["dog"]));
    }

    [Fact]
    public void Recall_and_CHAIR_of_captions_are_counted_by_the_objects_band()
    {
        var synonyms = _files.Write("synonyms.txt", "person, man, woman", "dog, puppy", "cat");
        var texts = Texts([.. Enumerable.Repeat("A puppy.", 12), "A man."]);
        var objects = _files.Write("objects.json", """{"5": ["dog", "person"], "6": ["cat"]}""");
        var captions = _files.Write("captions.jsonl", """{"image_id":5,"caption":"A dog and a cat."}""", """{"image_id":6,"caption":"A man with a dog."}""");
        var values = AnswerFiles.Score("long-tail", "", ("texts", texts), ("captions", captions), ("objects", objects), ("synonyms", synonyms)).Outcomes.Values();
        Assert.Equal((1.0, 0.0, 0.0), (values["recall/10-99"], values["recall/1-9"], values["recall/0"]));
        Assert.Equal((0.5, 1.0, 1.0), (values["chair_i/10-99"], values["chair_i/1-9"], values["chair_i/0"]));
    }

    [Fact]
    public void Questions_that_ask_for_no_object_and_neither_or_both_kinds_of_answers_are_refused()
    {
        var texts = Texts("A dog.");
        var answers = _files.Write("answers.jsonl", """{"question_id":1,"image":"a","question":"What is this?","label":"yes","prediction":"Yes"}""");
        Assert.Contains("asks for no object", Assert.Throws<InvalidInputException>(() => AnswerFiles.Score("long-tail", "pope", ("texts", texts), ("answers", answers))).Message, StringComparison.Ordinal);
        Assert.Contains("either --answers", Assert.Throws<UsageException>(() => AnswerFiles.Score("long-tail", "pope", ("texts", texts))).Message, StringComparison.Ordinal);
    }

    private static string Question(int id, string what, string label) => $$"""{"question_id":{{id}},"image":"{{id % 2}}.jpg","text":"Is there a {{what}} in the image?","label":"{{label}}"}""";

    private string Texts(params string[] captions) => _files.Write("mix.json",
        "[" + string.Join(',', captions.Select((c, i) => $$"""{"id":"{{i}}","conversations":[{"from":"human","value":"Say."},{"from":"gpt","value":"{{c}}"}]}""")) + "]");
}
