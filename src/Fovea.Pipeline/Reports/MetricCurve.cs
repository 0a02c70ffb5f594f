using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>A curve from the metrics file of a training run.</summary>
public static class MetricCurve
{
    private const int MaxPoints = 150;

    /// <summary>One field of a training run's metrics over its steps, averaged to at most 150 points; null if no line has it.</summary>
    /// <exception cref="InvalidInputException">The metrics are not what a training run writes.</exception>
    public static CurveSeries? Of(string folder, string field, string name)
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
        return chunks.Length == 0 ? null : new CurveSeries(name, [.. chunks.Select(c => c.Average(p => p.Step))],
            [.. chunks.Select(c => c.Average(p => p.Value))]);
    }
}
