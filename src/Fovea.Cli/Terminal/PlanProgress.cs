using System.Diagnostics;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Workers;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>
/// Shows a whole plan: an overall bar and one for each running stage with its step count; where output is no terminal, a line when a stage starts, when it
/// ends, and every few seconds what is running.
/// </summary>
internal sealed class PlanProgress : IPlanObserver
{
    private const int BarWidth = 24;
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(15);
    private readonly string _folder;
    private readonly IReadOnlyList<StageSpec> _plan;
    private readonly PlanEstimate _estimate;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Running> _running = new(StringComparer.Ordinal);
    private ProgressContext? _context;
    private ProgressTask? _overall;

    private PlanProgress(IReadOnlyList<StageSpec> plan, string folder) => (_plan, _folder, _estimate) = (plan, folder, new PlanEstimate(plan));

    private sealed class Running
    {
        public required TimeSpan Started { get; init; }

        public required bool WasComplete { get; init; }

        public ProgressTask? Bar { get; init; }

        public string Text { get; set; } = "";
    }

    /// <summary>Runs <paramref name="work"/> while showing the plan's progress.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="plan">All stages.</param>
    /// <param name="folder">The run's folder: a stage that is complete in it already tells nothing of how long others take.</param>
    /// <param name="work">Tells the observer.</param>
    public static async Task ShowAsync(Screen screen, IReadOnlyList<StageSpec> plan, string folder, Func<IPlanObserver, Task> work)
    {
        var progress = new PlanProgress(plan, folder);
        if (!screen.IsInteractive)
        {
            // This process computes nothing: a timer disturbs no tensor.
            await using var timer = new Timer(_ => progress.Line(), null, LineInterval, LineInterval);
            await work(progress);
            return;
        }

        await screen.Notices.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth }, new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                progress._context = context;
                progress._overall = context.AddTask("whole run", maxValue: Math.Max(1e-9, plan.Sum(s => s.Cost)));
                progress.Overall();
                await work(progress);
            });
    }

    /// <inheritdoc/>
    public void Started(StageSpec stage)
    {
        lock (_gate)
        {
            _running[stage.Name] = new Running
            {
                Started = _clock.Elapsed,
                WasComplete = StageManifest.Read(Path.Combine(_folder, stage.Name)) is { Complete: true },
                Bar = _context?.AddTask(Markup.Escape(stage.Name), maxValue: 1),
            };
            if (_context is null && !_running[stage.Name].WasComplete)
            {
                Screen.Notice($"start: {stage.Name}");
            }
        }
    }

    /// <inheritdoc/>
    public void Progressed(StageSpec stage, WorkerMessage message)
    {
        lock (_gate)
        {
            if (!_running.TryGetValue(stage.Name, out var running))
            {
                return;
            }

            var share = message.Total > 0 ? (double)message.Done / message.Total : 0;
            running.Text = $"{stage.Name}: {message.Task} {message.Done}/{message.Total}{(message.Note is null ? "" : $" ({message.Note})")}";
            if (stage.Kind == "train")
            {
                // Other stages go through several tasks, so that the share of one says nothing of the whole.
                _estimate.Progressed(stage, (_clock.Elapsed - running.Started).TotalSeconds, share);
            }

            if (running.Bar is { } bar)
            {
                bar.Value = share;
                bar.Description = Markup.Escape(running.Text);
                Overall();
            }
        }
    }

    /// <inheritdoc/>
    public void Finished(StageSpec stage)
    {
        lock (_gate)
        {
            if (!_running.Remove(stage.Name, out var running))
            {
                return;
            }

            var seconds = (_clock.Elapsed - running.Started).TotalSeconds;
            _estimate.Done(stage, seconds, !running.WasComplete);
            if (running.Bar is { } bar)
            {
                bar.Value = 1;
                bar.StopTask();
                _context?.RemoveTask(bar);
                _overall!.Increment(stage.Cost);
                Overall();
                return;
            }

            var took = running.WasComplete ? "complete already" : Screen.Duration(seconds);
            Screen.Notice($"[{_estimate.Finished}/{_plan.Count}] {stage.Name}: {took}{(_estimate.Finished < _plan.Count ? $"; {_estimate.InWords(_clock.Elapsed.TotalSeconds)}" : "")}");
        }
    }

    private void Overall() =>
        _overall!.Description = Markup.Escape($"whole run: {_estimate.Finished} of {_plan.Count} stages, {_estimate.InWords(_clock.Elapsed.TotalSeconds)}");

    private void Line()
    {
        lock (_gate)
        {
            if (_running.Count > 0)
            {
                Screen.Notice($"running: {string.Join("; ", _running.Select(r => r.Value.Text.Length > 0 ? r.Value.Text : r.Key))}; {_estimate.InWords(_clock.Elapsed.TotalSeconds)}");
            }
        }
    }
}
