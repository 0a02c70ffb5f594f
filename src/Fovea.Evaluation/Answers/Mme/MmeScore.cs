using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;
using Fovea.Evaluation.Answers.Rules;

namespace Fovea.Evaluation.Answers.Mme;

/// <summary>
/// MME (Fu et al. 2023) by its own evaluation tool: a task scores 100 * (accuracy + accuracy+), where accuracy+ is the share of images both of whose questions
/// are answered right; perception is the sum of ten tasks, cognition of four. The unit is the image with its pair of questions.
/// </summary>
public static class MmeScore
{
    private static readonly string[] Perception =
        ["existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"];

    private static readonly string[] Cognition = ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"];

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("mme", "MME: perception and cognition in points, from the files of its evaluation tool",
        [new AnswerInput("answers", "Folder of the evaluation tool's files: TASK.txt, lines of image, question, right answer and answer between tabs.") { Form = "DIR" }],
        Score)
    {
        Parsers =
        [
            new AnswerParser("mme", "the first four characters hold yes, else no"), new AnswerParser("vlmevalkit", "one of the words is yes and none is no, or the reverse"),
        ],
    };

    private static AnswerScore Score(AnswerSources sources)
    {
        var folder = sources["answers"];
        var files = AnswerFolder.Files(folder, ".txt").ToDictionary(f => Path.GetFileNameWithoutExtension(PackedFile.NameOf(f)), StringComparer.OrdinalIgnoreCase);
        string[] tasks = [.. Perception.Concat(Cognition).Where(files.ContainsKey)];
        if (tasks.Length == 0)
        {
            throw new InvalidInputException(folder, null, $"holds the answers of no task; expected files such as {Perception[0]}.txt");
        }

        Func<string, bool?> parse = sources.Parser == "vlmevalkit" ? YesNoWords.Parse : MmeFile.Parse;
        Outcome[] outcomes = [.. tasks.SelectMany(t => MmeFile.Read(files[t], parse).SelectMany(p => Outcomes(t, p.First, p.Second)))];
        var sums = new (string Name, string[] Tasks)[] { ("perception", Perception), ("cognition", Cognition) };
        OutcomeMetric[] metrics =
        [
            .. sums.Where(s => s.Tasks.All(tasks.Contains)).Select(s => Points(s.Name, s.Tasks)),
            .. tasks.Select(t => Points($"score/{t}", t)),
            .. tasks.SelectMany(t => new[] { new OutcomeMetric($"acc/{t}", true), new OutcomeMetric($"acc_plus/{t}", true) }),
        ];
        var table = new OutcomeTable("mme", sources.Parser, "image pair", metrics, outcomes);
        var values = table.Values();
        var document = new JsonObject
        {
            ["perception"] = values.GetValueOrDefault("perception"),
            ["cognition"] = values.GetValueOrDefault("cognition"),
            ["tasks"] = new JsonObject(tasks.Select(t => KeyValuePair.Create(t, (JsonNode?)values[$"score/{t}"]))),
        };
        return new AnswerScore(table, document)
        {
            Notes = [.. sums.Where(s => !s.Tasks.All(tasks.Contains))
                .Select(s => $"{s.Name} is not given: no file for {string.Join(", ", s.Tasks.Except(tasks))}.")],
        };
    }

    private static OutcomeMetric Points(string name, params string[] tasks) => new(name, true)
    {
        MeanOf = [.. tasks.SelectMany(t => new[] { $"acc/{t}", $"acc_plus/{t}" })],
        Scale = 100 * 2 * tasks.Length,
    };

    private static Outcome[] Outcomes(string task, MmeAnswer first, MmeAnswer second)
    {
        Outcome One(MmeAnswer answer, params (string, Fraction)[] also) => new(
            $"{task}/{answer.Image}/{answer.Question}", $"{task}/{answer.Image}",
            also.Prepend(($"acc/{task}", new Fraction(answer.IsCorrect ? 1 : 0, 1))).ToDictionary(s => s.Item1, s => s.Item2));

        // What two questions make together is kept with the first.
        return [One(first, ($"acc_plus/{task}", new Fraction(first.IsCorrect && second.IsCorrect ? 1 : 0, 1))), One(second)];
    }
}
