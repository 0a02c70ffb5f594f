using System.Text;
using System.Text.Json.Nodes;
using Fovea.Core.Files;

namespace Fovea.Training.Running;

/// <summary>
/// <c>metrics.jsonl</c>: a line a step, each step once. All fields but <c>seconds</c> are equal in every run of the same inputs.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _stream;

    /// <summary>Opens for appending after the line of step <paramref name="keepSteps"/>; what follows, a torn line included, is cut off.</summary>
    public MetricsLog(string path, long keepSteps)
    {
        var kept = File.Exists(path) ? File.ReadLines(path).TakeWhile(l => StepOf(l) <= keepSteps).ToList() : [];
        AtomicFile.WriteText(path, string.Concat(kept.Select(l => l + "\n")));
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    public void Append(long step, StepResult result, double learningRate, TrainingCounters sums, double seconds)
    {
        var line = new JsonObject
        {
            ["step"] = step,
            ["loss"] = result.Loss,
            ["lr"] = learningRate,
            ["grad_norm"] = result.GradientNorm,
            ["weight_sum"] = result.WeightSum,
            ["samples"] = sums.Samples,
            ["supervised_tokens"] = sums.SupervisedTokens,
            ["weighted_tokens"] = sums.WeightedTokens,
            ["forward_tokens"] = sums.ForwardTokens,
            ["seconds"] = Math.Round(seconds, 6),
        };
        _stream.Write(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"));
        _stream.Flush();
    }

    /// <summary>Forces what was written to the disk, so that no checkpoint is newer than its metrics.</summary>
    public void Sync() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    private static long StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<long>() ?? long.MaxValue;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or FormatException)
        {
            return long.MaxValue;
        }
    }
}
