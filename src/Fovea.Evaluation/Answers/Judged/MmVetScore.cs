using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Judged;

/// <summary>
/// MM-Vet (Yu et al. 2023; yuweihao/MM-Vet mm-vet_evaluator.py): the mean of the judge's grades (0 to 1) over questions, averaged over runs; the same by
/// capability and by combination of capabilities. The unit is the image where the questions are given, else the question.
/// </summary>
public static class MmVetScore
{
    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("mmvet", "MM-Vet: mean grade of a judge, by capability and by combination of capabilities",
        [
            new AnswerInput("grades", "The evaluator's file of grades, MODEL_JUDGE-grade-NRuns.json, or replies of a judge as 'fovea eval judge' writes them."),
            new AnswerInput("questions", "mm-vet.json of the benchmark (yuweihao/MM-Vet, mm-vet.zip), for capabilities and images.", IsRequired: false),
        ],
        Score);

    private sealed record Graded(string Id, double?[] Grades);

    private sealed record Question(string Image, IReadOnlyList<string> Capabilities);

    private static AnswerScore Score(AnswerSources sources)
    {
        var questions = sources.Optional("questions") is { } file ? Questions(file) : null;
        var graded = Grades(sources["grades"], questions?.Keys);
        var runs = graded.Max(g => g.Grades.Length);
        var combinations = questions is null ? [] : graded.GroupBy(g => string.Join('_', questions[g.Id].Capabilities.Order(StringComparer.Ordinal)))
            .OrderByDescending(g => g.Count()).Select(g => g.Key).ToArray();
        var capabilities = questions is null ? [] : graded.SelectMany(g => questions[g.Id].Capabilities).CountBy(c => c).OrderByDescending(c => c.Value)
            .Select(c => c.Key).ToArray();
        var table = new OutcomeTable("mmvet", "", questions is null ? "question" : "image",
            [new OutcomeMetric("total", true), .. capabilities.Select(c => new OutcomeMetric($"capability/{c}", true)),
                .. combinations.Select(c => new OutcomeMetric($"integration/{c}", true))],
            [.. graded.Select(g => Outcome(g, questions?[g.Id]))]);
        var values = table.Values();
        double?[] byRun = [.. Enumerable.Range(0, runs).Select(r => Mean(graded.Select(g => g.Grades.ElementAtOrDefault(r))))];
        var unjudged = (runs * graded.Count) - graded.Sum(g => g.Grades.Count(s => s is not null));
        return new AnswerScore(table, new JsonObject
        {
            ["total"] = values["total"],
            ["std"] = Deviation(byRun),
            ["runs"] = new JsonArray([.. byRun.Select(r => (JsonNode?)r)]),
            ["capabilities"] = Group(values, "capability/", capabilities),
            ["integrations"] = Group(values, "integration/", combinations),
            ["n"] = graded.Count,
            ["unjudged"] = unjudged,
        })
        {
            Notes =
            [
                $"{runs} run{(runs == 1 ? "" : "s")} of the judge; the interval does not hold what differs between them.",
                .. questions is null ? ["No capabilities without --questions mm-vet.json."] : Array.Empty<string>(),
                .. unjudged > 0 ? [$"{unjudged} of {runs * graded.Count} grades are none: left out (mm-vet_evaluator.py counts them as 0)."]
                    : Array.Empty<string>(),
            ],
        };
    }

    private static Outcome Outcome(Graded graded, Question? question)
    {
        var mean = Mean(graded.Grades);
        var metrics = question is null ? ["total"] : question.Capabilities.Select(c => $"capability/{c}")
            .Append($"integration/{string.Join('_', question.Capabilities.Order(StringComparer.Ordinal))}").Prepend("total");
        return new Outcome(graded.Id, question?.Image ?? graded.Id, mean is { } m ? metrics.ToDictionary(n => n, _ => new Fraction(m, 1))
            : new Dictionary<string, Fraction>());
    }

    private static List<Graded> Grades(string path, IEnumerable<string>? ids)
    {
        var whole = KeyedRecords.Read(path);
        var grades = whole.Select(r => new Graded(r.Id, r.Record.Has("score") || r.Record.Has("content")
            ? [.. Runs(r.Record)] : [MmVetReply.Parse(r.Record.OptionalText("reply"))])).ToList();
        if (ids is not null)
        {
            var known = ids.ToHashSet(StringComparer.Ordinal);
            if (grades.Find(g => !known.Contains(g.Id)) is { } other)
            {
                throw new InvalidInputException(path, null, $"a grade of '{Quoted.Shorten(other.Id)}', which is no question of the benchmark");
            }

            grades.AddRange(known.Except(grades.Select(g => g.Id)).Order(StringComparer.Ordinal).Select(id => new Graded(id, [])));
        }

        return grades.Count > 0 ? grades : throw new InvalidInputException(path, null, "holds no grades");
    }

    /// <summary>The grade of each run. The judge's own words decide where they are kept: the evaluator writes 0 for a reply that is no number.</summary>
    private static IEnumerable<double?> Runs(ForeignJson record)
    {
        var scores = record.Optional("score")?.Items().ToArray() ?? [];
        var contents = record.Optional("content")?.Items().ToArray() ?? [];
        for (var run = 0; run < Math.Max(scores.Length, contents.Length); run++)
        {
            yield return run < contents.Length ? MmVetReply.Parse(contents[run].Text())
                : scores[run].Number() is >= 0 and <= 1 and var score ? score : throw scores[run].Expected("a grade from 0 to 1");
        }
    }

    private static Dictionary<string, Question> Questions(string path) => KeyedRecords.Read(path).ToDictionary(r => r.Id, r =>
        new Question(r.Record.First("imagename", "image")?.Id() ?? r.Id, [.. r.Record.Field("capability").Items().Select(c => c.Text()).Distinct()]));

    private static double? Mean(IEnumerable<double?> grades) => grades.Where(g => g is not null).ToArray() is { Length: > 0 } some ? some.Average() : null;

    /// <summary>The deviation of the runs as the evaluator has it: of a population.</summary>
    private static double? Deviation(double?[] runs) =>
        runs.Contains(null) ? null : Math.Sqrt(runs.Average(r => (r!.Value - runs.Average()!.Value) * (r.Value - runs.Average()!.Value)));

    private static JsonObject Group(IReadOnlyDictionary<string, double?> values, string prefix, IEnumerable<string> names) =>
        new(names.Select(n => KeyValuePair.Create(n, (JsonNode?)values[prefix + n])));
}

/// <summary>mm-vet_evaluator.py's reading of a grade: the first word is a number from 0 to 1; anything else is none.</summary>
internal static class MmVetReply
{
    public static double? Parse(string? reply) =>
        double.TryParse(reply?.Split(' ')[0].Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var grade) && grade is >= 0 and <= 1 ? grade : null;
}
