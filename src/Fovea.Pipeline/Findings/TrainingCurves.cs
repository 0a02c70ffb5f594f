using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Loss curves from the metrics files of training runs.</summary>
public static class TrainingCurves
{
    private const int MaxPoints = 150;

    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal) { ["lm"] = "Language models", ["pretrain"] = "Pre-training", ["tune"] = "Tuning" };

    /// <summary>The training runs of a run's first seed, by the folders that they are in: language models, pre-training, tuning.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<string> Folders)> Groups(FinishedPlan run)
    {
        var seed = run.Seeds.Select(s => (long?)s).FirstOrDefault();
        return
        [
            .. from stage in run.Stages
               where stage.Kind == "train" && FinishedPlan.SeedOf(stage) == seed
               group stage.Folder by Path.GetFileName(Path.GetDirectoryName(stage.Name) is { Length: > 0 } above ? above : stage.Name) into g
               select ($"{Titles.GetValueOrDefault(g.Key, g.Key)}{(seed is null ? "" : $", seed {seed}")}", (IReadOnlyList<string>)[.. g.Order(StringComparer.Ordinal)]),
        ];
    }

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
