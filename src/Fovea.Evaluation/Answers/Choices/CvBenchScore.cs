using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Choices;

/// <summary>
/// CV-Bench (Tong et al. 2024; 2,638 questions): plain accuracy, as lmms-eval reports it, and the paper's combination
/// 1/2 ((ADE20K + COCO) / 2 + Omni3D). The unit is the image where the files name it.
/// </summary>
public static class CvBenchScore
{
    private static readonly string[] Sources = ["ADE20K", "COCO", "Omni3D"];

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("cv-bench", "CV-Bench: accuracy, plain and as the paper combines its sources",
        [
            new AnswerInput("answers", "Answers with idx and prediction; VLMEvalKit's tables and lmms-eval's samples hold the questions too."),
            new AnswerInput("questions", "The questions (idx, type, task, source, answer), where the answers do not hold them.", IsRequired: false),
        ],
        Score)
    {
        Asked = new AskedAs { Suffix = AskedAs.ByLetter },
        Parsers = [new AnswerParser(ChoiceReading.LmmsEval, ChoiceReading.Parsers(ChoiceReading.FirstLetter)[0].Help),
            .. ChoiceReading.Parsers(ChoiceReading.Vlmevalkit)],
    };

    private static AnswerScore Score(AnswerSources sources)
    {
        var rule = sources.Parser == ChoiceReading.LmmsEval ? ChoiceReading.FirstLetter : sources.Parser;
        ChoiceQuestion[] asked = [.. AnsweredQuestions.Read(sources).Select(q => ChoiceQuestion.Of(q, rule))];
        string Source(ChoiceQuestion q) => q.Record.Field("source").Text() is var s && Sources.Contains(s) ? s
            : throw q.Record.Field("source").Expected(string.Join(", ", Sources));
        string[] tasks = [.. asked.Select(q => q.Record.OptionalText("task")).OfType<string>().Distinct()];
        var table = new OutcomeTable("cv-bench", sources.Parser, "image",
            [
                new OutcomeMetric("plain", true),
                new OutcomeMetric("combined", true) { MeanOf = [.. Sources.Append(Sources[^1]).Select(s => $"accuracy/{s}")] },
                new OutcomeMetric("2d", true) { MeanOf = [.. Sources[..2].Select(s => $"accuracy/{s}")] },
                .. Sources.Concat(tasks).Select(s => new OutcomeMetric($"accuracy/{s}", true)),
            ],
            [.. asked.Select(q => new Outcome(q.Id, q.Record.First("source_filename", "filename", "image_path")?.Id() ?? q.Id,
                new[] { "plain", $"accuracy/{Source(q)}", q.Record.OptionalText("task") is { } t ? $"accuracy/{t}" : "" }.Where(n => n.Length > 0)
                    .ToDictionary(n => n, _ => new Fraction(q.IsRight ? 1 : 0, 1))))]);
        var values = table.Values();
        var unread = asked.Count(q => q.Said is null);
        return new AnswerScore(table, new JsonObject
        {
            ["plain"] = values["plain"],
            ["combined"] = values["combined"],
            ["2d"] = values["2d"],
            ["3d"] = values["accuracy/Omni3D"],
            ["sources"] = new JsonObject(Sources.Select(s => KeyValuePair.Create(s, (JsonNode?)values[$"accuracy/{s}"]))),
            ["tasks"] = new JsonObject(tasks.Select(s => KeyValuePair.Create(s, (JsonNode?)values[$"accuracy/{s}"]))),
            ["n"] = asked.Length,
            ["unread"] = unread,
        })
        {
            Notes = unread > 0 ? [$"{unread} answers name no option by this rule: wrong."] : [],
        };
    }
}
