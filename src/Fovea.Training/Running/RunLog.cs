using System.Diagnostics;
using Fovea.Core.Watching;
using Fovea.Training.Checkpoints;

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
    public RunLog(string folder, IProgressSink progress, long done, long total)
    {
        (_progress, _total) = (progress, total);
        _metrics = new MetricsLog(Path.Combine(folder, "metrics.jsonl"), done);
        _board = new TensorBoardLog(Path.Combine(folder, TensorBoardLog.FileName), done);
    }

    /// <summary>Writes one step down.</summary>
    public void Write(StepLine line)
    {
        _resident = ProcessMemory.Resident();
        _metrics.Append(line, _resident / Mib);
        _board.Append(line.Step,
        [
            ("train/loss", line.Result.Loss), ("train/learning_rate", line.LearningRate), ("train/gradient_norm", line.Result.GradientNorm),
            ("train/loss_token_share", line.LossTokenShare), ("eval/loss", line.EvalLoss),
            ("speed/tokens_per_second", line.TokensPerSecond), ("memory/resident_mib", _resident / Mib),
        ]);
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
