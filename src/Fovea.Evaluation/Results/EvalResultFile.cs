using System.Text;
using System.Text.Json.Serialization;
using Fovea.Core.Json;
using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Results;

/// <summary>
/// An <see cref="EvalResult"/> as JSON, one metric a line, with the sums of every unit, so that any interval or paired difference can be made later.
/// </summary>
public static class EvalResultFile
{
    private const string Format = "fovea_eval_result_v1";
    private sealed record Document(string Format, string Evaluation, string Unit, IReadOnlyList<Line> Metrics);

    private sealed record Line(string Name, bool? HigherIsBetter, double[] Numerators, double[] Denominators)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public bool IsShare { get; init; }
    }

    /// <summary>Writes the result.</summary>
    /// <exception cref="FoveaException">A number is not finite.</exception>
    public static void Write(string path, EvalResult result)
    {
        foreach (var metric in result.Metrics)
        {
            MetricCheck.Finite(metric);
        }

        var text = new StringBuilder();
        text.Append("{\"format\":").Append(JsonSerializer.Serialize(Format));
        text.Append(",\"evaluation\":").Append(JsonSerializer.Serialize(result.Evaluation));
        text.Append(",\"unit\":").Append(JsonSerializer.Serialize(result.Unit)).Append(",\"metrics\":[\n");
        text.AppendJoin(",\n", result.Metrics.Select(
            m => JsonSerializer.Serialize(new Line(m.Name, m.HigherIsBetter, m.Numerators, m.Denominators) { IsShare = m.IsShare }, StrictJson.Line)));
        AtomicFile.WriteText(path, text.Append("\n]}\n").ToString());
    }

    /// <summary>Reads a result back.</summary>
    /// <exception cref="InvalidInputException">The file is missing, is not such a file, or a metric's sums are malformed.</exception>
    public static EvalResult Read(string path)
    {
        var document = Parse(path);
        if (document.Format != Format)
        {
            throw new InvalidInputException(path, null, $"format is '{document.Format}', expected '{Format}'; evaluate again with this version");
        }

        if (document.Metrics.Any(m => m is null) || document.Metrics.DistinctBy(m => m.Name).Count() != document.Metrics.Count)
        {
            throw new InvalidInputException(path, null, "a metric is null or occurs twice");
        }

        var result = new EvalResult(document.Evaluation, document.Unit,
            [.. document.Metrics.Select(m => new Metric(m.Name, m.HigherIsBetter, m.Numerators, m.Denominators) { IsShare = m.IsShare })]);
        foreach (var (metric, record) in result.Metrics.Select((m, i) => (m, i)))
        {
            if (metric.Numerators.Length != result.Metrics[0].Numerators.Length)
            {
                throw new InvalidInputException(path, record,
                    $"metric {metric.Name} has {metric.Numerators.Length} units, expected {result.Metrics[0].Numerators.Length}");
            }

            try
            {
                MetricCheck.Finite(metric);
            }
            catch (FoveaException e)
            {
                throw new InvalidInputException(path, record, e.Message, e);
            }
        }

        return result;
    }

    private static Document Parse(string path)
    {
        try
        {
            using var stream = RegularFile.Open(path, RegularFile.MaxWhole);
            return JsonSerializer.Deserialize<Document>(stream, StrictJson.Line)
                ?? throw new InvalidInputException(path, null, "holds null, expected an evaluation result");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"is not a readable evaluation result: {JsonReason.InWords(e)}", e);
        }
    }
}
