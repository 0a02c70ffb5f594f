using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Pipeline.Plans;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Loss curves from the metrics files of training runs.</summary>
public static class TrainingCurves
{
    private const int MaxPoints = 150;

    /// <summary>The training runs of one seed by group: language models, pre-training, tuning.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<string> Folders)> Groups(string root, long seed) =>
    [
        .. from g in new[] { ("Language models", "lm"), ("Pre-training", "pretrain"), ("Tuning", "tune") }
           let folder = Path.Combine(root, StoryNames.Stage(seed, g.Item2))
           where Directory.Exists(folder)
           select ($"{g.Item1}, seed {seed}", (IReadOnlyList<string>)[.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)]),
    ];

    /// <summary>A chart a group.</summary>
    public static IReadOnlyList<ReportBlock> Of(IReadOnlyList<(string Title, IReadOnlyList<string> Folders)> groups) =>
        [.. groups.Select(g => new CurveBlock(g.Title, new ChartAxis("step"), new ChartAxis("loss", "nats"), [.. g.Folders.Select(Series)]))];

    /// <summary>One field of a training run's metrics over its steps, averaged to at most 150 points; null if no line has it.</summary>
    /// <exception cref="InvalidInputException">The metrics are not what a training run writes.</exception>
    public static CurveSeries? Series(string folder, string field, string name)
    {
        var path = Path.Combine(folder, "metrics.jsonl");
        var points = new List<(double Step, double Value)>();
        foreach (var (line, number) in RegularFile.ReadLines(path, RegularFile.MaxCorpus).Select((l, i) => (l, i)))
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                if (json.RootElement.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number)
                {
                    points.Add((json.RootElement.GetProperty("step").GetDouble(), value.GetDouble()));
                }
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new InvalidInputException(path, number, "not a line of training metrics", e);
            }
        }

        var size = Math.Max(1, (points.Count + MaxPoints - 1) / MaxPoints);
        var chunks = points.Chunk(size).ToArray();
        return chunks.Length == 0 ? null : new CurveSeries(name, [.. chunks.Select(c => c.Average(p => p.Step))], [.. chunks.Select(c => c.Average(p => p.Value))]);
    }

    private static CurveSeries Series(string folder) => Series(folder, "loss", Path.GetFileName(folder)) ?? new CurveSeries(Path.GetFileName(folder), [], []);
}
