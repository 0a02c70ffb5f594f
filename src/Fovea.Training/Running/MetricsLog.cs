using System.Text;
using System.Text.Json.Nodes;
using Fovea.Core.Files;
using Fovea.Training.Checkpoints;

namespace Fovea.Training.Running;

/// <summary>
/// <c>metrics.jsonl</c>: one line per step, each step once. All fields but <c>seconds</c>, <c>tokens_per_second</c> and <c>resident_mib</c>
/// are equal in every run of the same inputs.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _stream;
    private BestCheckpoint? _lowest;

    /// <summary>Opens for appending after the line of step <paramref name="keepSteps"/>; what follows, a torn line included, is cut off.</summary>
    public MetricsLog(string path, long keepSteps)
    {
        var kept = File.Exists(path) ? RegularFile.ReadLines(path, RegularFile.MaxCorpus).TakeWhile(l => StepOf(l) <= keepSteps).ToList() : [];
        AtomicFile.WriteText(path, string.Concat(kept.Select(l => l + "\n")));
        kept.ForEach(l => Note(JsonNode.Parse(l)!));
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    public void Append(StepLine at, double residentMib)
    {
        var line = new JsonObject
        {
            ["step"] = at.Step,
            ["loss"] = at.Result.Loss,
            ["lr"] = at.LearningRate,
            ["grad_norm"] = at.Result.GradientNorm,
            ["weight_sum"] = at.Result.WeightSum,
            ["samples"] = at.Sums.Samples,
            ["supervised_tokens"] = at.Sums.SupervisedTokens,
            ["weighted_tokens"] = at.Sums.WeightedTokens,
            ["forward_tokens"] = at.Sums.ForwardTokens,
            ["loss_token_share"] = Math.Round(at.LossTokenShare, 6),
        };
        if (at.EvalLoss is { } held)
        {
            line["eval_loss"] = held;
        }

        line["seconds"] = Math.Round(at.Seconds, 6);
        line["tokens_per_second"] = Math.Round(at.TokensPerSecond, 1);
        line["resident_mib"] = Math.Round(residentMib, 1);
        Note(line);
        _stream.Write(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"));
        _stream.Flush();
    }

    /// <summary>Forces what was written to the disk, so that no checkpoint is newer than its metrics.</summary>
    public void Sync() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    /// <summary>The evaluation of lowest held-out loss so far; null if there was none.</summary>
    public BestCheckpoint? LowestHeldOut() => _lowest;

    private void Note(JsonNode line)
    {
        if (line["eval_loss"] is JsonValue value && value.TryGetValue<double>(out var loss) && loss < (_lowest?.Loss ?? double.PositiveInfinity))
        {
            _lowest = new BestCheckpoint(line["step"]!.GetValue<long>(), loss);
        }
    }

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
