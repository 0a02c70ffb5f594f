using System.Text;
using System.Text.Encodings.Web;
using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Outcomes;

/// <summary>
/// Outcomes as JSON lines: what was scored and by which metrics, then a line for each question,
/// <c>{"question":"random/1","cluster":"310196","sums":{"accuracy":[1,1]}}</c>, a numerator and a denominator for each metric.
/// </summary>
public static class OutcomeFile
{
    /// <summary>Its name in a folder of results.</summary>
    public const string FileName = "outcomes.jsonl";

    private const string Format = "fovea_outcomes_v1";
    private static readonly JsonSerializerOptions Line = new(StrictJson.Line) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record Head(string Format, string Benchmark, string Parser, string Unit, IReadOnlyList<MetricLine> Metrics);

    private sealed record MetricLine(string Name, bool? HigherIsBetter, IReadOnlyList<string> MeanOf, double Scale);

    private sealed record QuestionLine(string Question, string Cluster, IReadOnlyDictionary<string, double[]> Sums);

    /// <summary>Writes outcomes.</summary>
    public static void Write(string path, OutcomeTable table) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(JsonSerializer.Serialize(new Head(Format, table.Benchmark, table.Parser, table.Unit,
            [.. table.Metrics.Select(m => new MetricLine(m.Name, m.HigherIsBetter, m.MeanOf, m.Scale))]), Line));
        foreach (var q in table.Questions)
        {
            writer.WriteLine(JsonSerializer.Serialize(new QuestionLine(q.Question, q.Cluster,
                q.Sums.ToDictionary(s => s.Key, s => new[] { s.Value.Numerator, s.Value.Denominator })), Line));
        }
    });

    /// <summary>Reads outcomes back.</summary>
    /// <param name="path">The file, or the folder that holds it.</param>
    /// <exception cref="InvalidInputException">It is missing or is no such file, a question occurs twice, or a sum belongs to no metric.</exception>
    public static OutcomeTable Read(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        var lines = Encoding.UTF8.GetString(PackedFile.ReadAllBytes(file)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var head = lines.Length == 0 ? throw new InvalidInputException(file, null, "is empty; expected outcomes, as 'fovea eval' writes them with --out")
            : Parse<Head>(file, 0, lines[0]);
        if (head.Format != Format)
        {
            throw new InvalidInputException(file, 0, $"format is '{head.Format}', expected '{Format}'; score the answers again with this version");
        }

        OutcomeMetric[] metrics = [.. head.Metrics.Select(m => new OutcomeMetric(m.Name, m.HigherIsBetter) { MeanOf = m.MeanOf, Scale = m.Scale })];
        var ratios = metrics.Where(m => m.MeanOf.Count == 0).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        if (metrics.SelectMany(m => m.MeanOf).FirstOrDefault(m => !ratios.Contains(m)) is { } unknown)
        {
            throw new InvalidInputException(file, 0, $"a mean is made of '{unknown}', which is no metric of this file");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        return new OutcomeTable(head.Benchmark, head.Parser, head.Unit, metrics, [.. lines.Skip(1).Select((text, i) =>
        {
            var line = Parse<QuestionLine>(file, i + 1, text);
            return !seen.Add(line.Question) ? throw new InvalidInputException(file, i + 1, $"question '{line.Question}' occurs twice")
                : new Outcome(line.Question, line.Cluster, line.Sums.ToDictionary(s => s.Key, s => Sum(file, i + 1, ratios, s.Key, s.Value)));
        })]);
    }

    /// <summary>The outcomes of a model on all its benchmarks: of a file, of a folder that holds one, or of such folders in a folder.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="InvalidInputException">There are none, one cannot be read, or a benchmark occurs twice.</exception>
    public static IReadOnlyList<OutcomeTable> ReadAll(string path)
    {
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, FileName)))
        {
            return [Read(path)];
        }

        OutcomeTable[] tables = [.. Directory.EnumerateDirectories(path).Where(d => File.Exists(Path.Combine(d, FileName))).Order(StringComparer.Ordinal)
            .Select(Read)];
        return tables.Length == 0 ? throw new InvalidInputException(path, null,
            $"holds no outcomes ({FileName}); score the answers again, with --out")
            : tables.GroupBy(t => t.Benchmark).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new InvalidInputException(path, null, $"holds outcomes of {twice.Key} twice; give a folder with one of each benchmark") : tables;
    }

    private static Fraction Sum(string file, int record, HashSet<string> ratios, string metric, double[] sum) =>
        !ratios.Contains(metric) ? throw new InvalidInputException(file, record, $"'{metric}' is no metric of this file")
        : sum is [var numerator, var denominator] ? new Fraction(numerator, denominator)
        : throw new InvalidInputException(file, record, $"{metric}: expected a numerator and a denominator, got {sum.Length} numbers");

    private static T Parse<T>(string file, int record, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, Line) ?? throw new InvalidInputException(file, record, "holds null, expected an outcome");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(file, record, $"is no line of outcomes, as 'fovea eval' writes them: {JsonReason.InWords(e)}", e);
        }
    }
}
