using System.Diagnostics;
using Fovea.Core.Watching;
using Fovea.Training.Memory;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>What a run reports while it is running: progress, <c>metrics.jsonl</c> and TensorBoard's file.</summary>
internal sealed class RunLog : IDisposable
{
    private const string Task = "train";
    private const double Mib = 1 << 20;
    private readonly IProgressSink _progress;
    private readonly long _total;
    private readonly MetricsLog _metrics;
    private readonly TensorBoardLog _board;
    private long _resident;

    /// <summary>Continues after step <paramref name="done"/>.</summary>
    /// <param name="folder">Of the run.</param>
    /// <param name="progress">Notified of each step.</param>
    /// <param name="done">Steps made.</param>
    /// <param name="total">Steps of the run.</param>
    /// <param name="due">What is due after which step: what an earlier, shorter plan logged besides at its end is taken out.</param>
    public RunLog(string folder, IProgressSink progress, long done, long total, RunMilestones due)
    {
        (_progress, _total) = (progress, total);
        _metrics = new MetricsLog(Path.Combine(folder, "metrics.jsonl"), done, due);
        _board = new TensorBoardLog(Path.Combine(folder, TensorBoardLog.FileName), _metrics.LastChanged ? done - 1 : done);
        if (_metrics is { LastChanged: true, LastLine: { } line })
        {
            _board.Append(done, Scalars(line));
        }
    }

    /// <summary>Writes one step down.</summary>
    public void Write(StepLine line)
    {
        _resident = ProcessMemory.Resident();
        _board.Append(line.Step, Scalars(_metrics.Append(line, _resident / Mib)));
    }

    /// <summary>Says how far the run is.</summary>
    public void Report(StepLine line) => _progress.Report(Task, line.Step, _total, line.Result.Loss is { } loss
        ? FormattableString.Invariant(
            $"loss {loss:F4}{(line.EvalLoss is { } held ? FormattableString.Invariant($", held out {held:F4}") : "")}, {line.TokensPerSecond:F0} tokens/s, {100 * line.LossTokenShare:F0} % of tokens with loss{(_resident > 0 ? FormattableString.Invariant($", {_resident / Mib:F0} MiB") : "")}")
        : "no weight: skipped");

    /// <summary>Reports one line that a person should not miss.</summary>
    public static void Tell(IProgressSink progress, long done, long total, string line) => progress.Tell(Task, done, total, line);

    /// <summary>The evaluation of lowest held-out loss, of the whole run; null if there was none.</summary>
    public BestCheckpoint? LowestHeldOut() => _metrics.LowestHeldOut();

    /// <summary>Forces what was written to the disk, so that no checkpoint is newer than its metrics.</summary>
    public void Sync() => _metrics.Sync();

    // TensorBoard's names of a line's fields.
    private static IEnumerable<(string Tag, double? Value)> Scalars(JsonObject line)
    {
        double? Of(string field) => line[field] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;
        return
        [
            ("train/loss", Of("loss")), ("train/learning_rate", Of("lr")), ("train/gradient_norm", Of("grad_norm")), ("train/loss_token_share",
                Of("loss_token_share")),
            ("eval/loss", Of("eval_loss")), ("speed/tokens_per_second", Of("tokens_per_second")), ("memory/resident_mib", Of("resident_mib")),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _board.Dispose();
    }
}

/// <summary>All that is reported of one step.</summary>
internal sealed record StepLine(long Step, StepResult Result, double LearningRate, TrainingCounters Sums, double? EvalLoss, Stopwatch Clock)
{
    /// <summary>Wall-clock seconds of the step, evaluation included.</summary>
    public double Seconds { get; } = Clock.Elapsed.TotalSeconds;

    /// <summary>Tokens run through the model per second.</summary>
    public double TokensPerSecond => Result.ForwardTokens / Math.Max(1e-9, Result.Seconds);

    /// <summary>Targets of weight above 0 over all tokens run through the model; a selection's supervised share is over targets alone.</summary>
    public double LossTokenShare => Result.WeightedTokens / (double)Math.Max(1, Result.ForwardTokens);
}
