using System.Text;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>
/// <c>metrics.jsonl</c>: one line per step, each step once. All fields but <c>seconds</c>, <c>tokens_per_second</c> and <c>resident_mib</c>
/// are equal in every run of the same inputs.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private const string Evaluation = "eval_loss";
    private readonly FileStream _stream;
    private BestCheckpoint? _lowest;

    /// <summary>
    /// Opens for appending after the line of step <paramref name="keepSteps"/>; what follows, a torn line included, is cut off. A line, or an evaluation, that
    /// is not due after its step is taken out: that of the old end of a run that is continued to more steps.
    /// </summary>
    public MetricsLog(string path, long keepSteps, RunMilestones due)
    {
        var kept = new List<string>();
        foreach (var text in File.Exists(path) ? RegularFile.ReadLines(path, RegularFile.MaxCorpus) : [])
        {
            if (Parse(text, out var step) is not { } line || step > keepSteps)
            {
                break;
            }

            var taken = !due.Evaluates(step) && line.Remove(Evaluation);
            LastChanged = taken || !(due.Logs(step) || due.Evaluates(step));
            LastLine = due.Logs(step) || due.Evaluates(step) ? line : null;
            if (LastLine is not null)
            {
                kept.Add(taken ? line.ToJsonString() : text);
                Note(line);
            }
        }

        AtomicFile.WriteText(path, string.Concat(kept.Select(l => l + "\n")));
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Whether the last line that was read lost its evaluation, or its place.</summary>
    public bool LastChanged { get; }

    /// <summary>What is left of it; null if it lost its place.</summary>
    public JsonObject? LastLine { get; }

    /// <summary>Writes one step down, and returns its line.</summary>
    public JsonObject Append(StepLine at, double residentMib)
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
            line[Evaluation] = held;
        }

        line["seconds"] = Math.Round(at.Seconds, 6);
        line["tokens_per_second"] = Math.Round(at.TokensPerSecond, 1);
        line["resident_mib"] = Math.Round(residentMib, 1);
        Note(line);
        _stream.Write(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"));
        _stream.Flush();
        return line;
    }

    /// <summary>Forces what was written to the disk, so that no checkpoint is newer than its metrics.</summary>
    public void Sync() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    /// <summary>The evaluation of lowest held-out loss so far; null if there was none.</summary>
    public BestCheckpoint? LowestHeldOut() => _lowest;

    private void Note(JsonObject line)
    {
        if (line[Evaluation] is JsonValue value && value.TryGetValue<double>(out var loss) && loss < (_lowest?.Loss ?? double.PositiveInfinity))
        {
            _lowest = new BestCheckpoint(line["step"]!.GetValue<long>(), loss);
        }
    }

    // Null where the line is torn.
    private static JsonObject? Parse(string text, out long step)
    {
        step = 0;
        try
        {
            return JsonNode.Parse(text) is JsonObject line && line["step"] is JsonValue value && value.TryGetValue(out step) ? line : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
