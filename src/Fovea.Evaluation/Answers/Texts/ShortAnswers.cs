using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Texts;

/// <summary>What benchmarks of short answers share: one score for each question, its mean, and the same by type where questions have one. The unit is the image.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Metric">What the score is called.</param>
/// <param name="Members">Keys of the list of questions, where their file is one object.</param>
/// <param name="Of">The score of a question, from 0 to 1, by a rule.</param>
internal sealed record ShortAnswers(string Name, string Metric, string[] Members, Func<AnsweredQuestion, string, double> Of)
{
    private static readonly string[] Images = ["imageId", "image_id", "image", "image_path", "docId", "ucsf_document_id"];

    /// <summary>Key of a question's type; null where there are none.</summary>
    public string? Type { get; init; }

    /// <summary>Reads questions with answers, and scores them.</summary>
    /// <exception cref="InvalidInputException">A file cannot be read, or a question has no right answer.</exception>
    public AnswerScore Score(AnswerSources sources)
    {
        var questions = AnsweredQuestions.Read(sources, Members);
        string[] types = [.. questions.Select(q => TypeOf(q.Question)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        var table = new OutcomeTable(Name, sources.Parser, "image", [.. types.Select(t => $"{Metric}/{t}").Prepend(Metric).Select(m => new OutcomeMetric(m, true))],
            [.. questions.Select(q => OutcomeOf(q, sources.Parser))]);
        var values = table.Values();
        var document = new JsonObject { [Metric] = values[Metric], ["n"] = questions.Count };
        if (Type is not null)
        {
            document.Insert(1, $"{Type}s", new JsonObject(types.Select(t => KeyValuePair.Create(t, (JsonNode?)values[$"{Metric}/{t}"]))));
        }

        return new AnswerScore(table, document);
    }

    /// <summary>The right answers of a question.</summary>
    /// <exception cref="InvalidInputException">It has none.</exception>
    public static IReadOnlyList<string> Gold(ForeignJson question) =>
        TextList.Of(question.First("answers", "answer", "target") ?? throw question.Error("has no right answer; expected the key \"answers\" or \"answer\""));

    private Outcome OutcomeOf(AnsweredQuestion question, string parser)
    {
        var score = new Fraction(Of(question, parser), 1);
        string[] names = TypeOf(question.Question) is { } type ? [Metric, $"{Metric}/{type}"] : [Metric];
        return new Outcome(question.Id, question.Question.First(Images)?.Id() ?? question.Id, names.ToDictionary(n => n, _ => score));
    }

    private string? TypeOf(ForeignJson question) => Type is null ? null : question.OptionalText(Type);
}
