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
        [
            new AnswerInput("answers", "Folder of the evaluation tool's files: TASK.txt, lines of image, question, right answer and answer between tabs.") { Form = "DIR" },
            new AnswerInput(AskedAs.Questions, "To ask a model: the tool's files without answers (eval_tool/Your_Results).", IsRequired: false) { Form = "DIR" },
        ],
        Score)
    {
        Asked = new AskedAs
        {
            Choices = ["Yes", "No"],
            Make = (sources, images) => Files(sources[AskedAs.Questions]).SelectMany(t => MmeFile.ToAsk(t.Of, t.Task, images)),
        },
        Parsers =
        [
            new AnswerParser("mme", "the first four characters hold yes, else no"), new AnswerParser("vlmevalkit", "one of the words is yes and none is no, or the reverse"),
        ],
    };

    private static AnswerScore Score(AnswerSources sources)
    {
        var path = sources["answers"];
        Func<string, bool?> parse = sources.Parser == "vlmevalkit" ? YesNoWords.Parse : MmeFile.Parse;
        var read = File.Exists(path) ? Tasks(path, MmeFile.ReadRecords(path, parse)) : [.. Files(path).Select(t => (t.Task, MmeFile.Read(t.Of, parse)))];
        string[] tasks = [.. read.Select(t => t.Task)];
        Outcome[] outcomes = [.. read.SelectMany(t => t.Of.SelectMany(p => Outcomes(t.Task, p.First, p.Second)))];
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

    private static (string Task, string Of)[] Files(string folder) => Tasks(folder,
        AnswerFolder.Files(folder, ".txt").ToDictionary(f => Path.GetFileNameWithoutExtension(PackedFile.NameOf(f)), StringComparer.OrdinalIgnoreCase));

    /// <summary>What there is of each of MME's tasks, in their order.</summary>
    private static (string Task, T Of)[] Tasks<T>(string path, IReadOnlyDictionary<string, T> found)
    {
        (string, T)[] tasks = [.. Perception.Concat(Cognition).Where(found.ContainsKey).Select(t => (t, found[t]))];
        return tasks.Length > 0 ? tasks
            : throw new InvalidInputException(path, null, $"holds no task of MME; expected files such as {Perception[0]}.txt");
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
