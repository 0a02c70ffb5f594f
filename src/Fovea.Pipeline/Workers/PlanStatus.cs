using System.Diagnostics;
using Fovea.Core.Text;

namespace Fovea.Pipeline.Workers;

/// <summary>Where a plan stands, in words: which stages run, how far each is, and how long the rest will take.</summary>
/// <param name="plan">All stages.</param>
/// <param name="folder">The run's folder: a stage that is complete in it already tells nothing of how long others take.</param>
public sealed class PlanStatus(IReadOnlyList<StageSpec> plan, string folder)
{
    private readonly PlanEstimate _estimate = new(plan);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, Running> _running = new(StringComparer.Ordinal);

    private sealed class Running
    {
        public required TimeSpan Started { get; init; }

        public required bool WasComplete { get; init; }

        public string Text { get; set; } = "";
    }

    /// <summary>The whole run in words.</summary>
    public string Overall => $"{_estimate.Finished} of {plan.Count} stages, {Estimate}";

    /// <summary>What runs now, in words; null where nothing does.</summary>
    public string? Current => _running.Count == 0 ? null
        : $"running: {string.Join("; ", _running.Select(r => r.Value.Text.Length > 0 ? r.Value.Text : r.Key))}; {Estimate}";

    private string Estimate => _estimate.InWords(_clock.Elapsed.TotalSeconds);

    /// <summary>A stage begins.</summary>
    /// <returns>Whether there is work left in it.</returns>
    public bool Start(StageSpec stage)
    {
        var wasComplete = StageManifest.Read(Path.Combine(folder, stage.Name)) is { Complete: true };
        _running[stage.Name] = new Running { Started = _clock.Elapsed, WasComplete = wasComplete };
        return !wasComplete;
    }

    /// <summary>A stage said how far it is.</summary>
    /// <returns>The same in words and as a share; null where it does not run.</returns>
    public (string Text, double Share)? Progress(StageSpec stage, WorkerMessage message)
    {
        if (!_running.TryGetValue(stage.Name, out var running))
        {
            return null;
        }

        var share = message.Total > 0 ? (double)message.Done / message.Total : 0;
        running.Text = $"{stage.Name}: {message.Task} {message.Done}/{message.Total}{(message.Note is null ? "" : $" ({message.Note})")}";
        if (stage.Kind == "train")
        {
            // Other stages go through several tasks, so that the share of one says nothing of the whole.
            _estimate.Progressed(stage, (_clock.Elapsed - running.Started).TotalSeconds, share);
        }

        return (running.Text, share);
    }

    /// <summary>A stage has ended.</summary>
    /// <returns>What it took and what is left, in words; null where it did not run.</returns>
    public string? Finish(StageSpec stage)
    {
        if (!_running.Remove(stage.Name, out var running))
        {
            return null;
        }

        var seconds = (_clock.Elapsed - running.Started).TotalSeconds;
        _estimate.Done(stage, seconds, !running.WasComplete);
        var took = running.WasComplete ? "complete already" : Durations.InWords(seconds);
        return $"[{_estimate.Finished}/{plan.Count}] {stage.Name}: {took}{(_estimate.Finished < plan.Count ? $"; {Estimate}" : "")}";
    }
}
