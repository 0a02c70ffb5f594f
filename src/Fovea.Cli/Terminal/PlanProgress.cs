using System.Diagnostics;
using Fovea.Cli.Workers;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows a whole plan: an overall bar with ETA and one for each running stage; plain lines where output is no terminal.</summary>
internal sealed class PlanProgress : IPlanObserver
{
    private readonly double _total;
    private readonly int _count;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _started = new(StringComparer.Ordinal);
    private ProgressContext? _context;
    private ProgressTask? _overall;
    private double _done;
    private int _finished;

    private PlanProgress(IReadOnlyList<StageSpec> plan)
    {
        _total = plan.Sum(s => s.Cost);
        _count = plan.Count;
    }

    /// <summary>Runs <paramref name="work"/> while showing the plan's progress.</summary>
    public static async Task ShowAsync(Screen screen, IReadOnlyList<StageSpec> plan, Func<IPlanObserver, Task> work)
    {
        var progress = new PlanProgress(plan);
        if (!screen.IsInteractive)
        {
            await work(progress);
            return;
        }

        await screen.Notices.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                progress._context = context;
                progress._overall = context.AddTask("whole run", maxValue: progress._total);
                await work(progress);
            });
    }

    /// <inheritdoc/>
    public void Started(StageSpec stage)
    {
        lock (_bars)
        {
            _started[stage.Name] = _clock.Elapsed;
            if (_context is { } context)
            {
                _bars[stage.Name] = context.AddTask(Markup.Escape(stage.Name), maxValue: 1);
            }
        }
    }

    /// <inheritdoc/>
    public void Progressed(StageSpec stage, WorkerMessage message)
    {
        lock (_bars)
        {
            if (_bars.TryGetValue(stage.Name, out var bar))
            {
                bar.Value = message.Total > 0 ? (double)message.Done / message.Total : 0;
                bar.Description = Markup.Escape(message.Note is null ? stage.Name : $"{stage.Name} ({message.Note})");
            }
        }
    }

    /// <inheritdoc/>
    public void Finished(StageSpec stage)
    {
        lock (_bars)
        {
            _finished++;
            _done += stage.Cost;
            if (_bars.Remove(stage.Name, out var bar))
            {
                bar.Value = 1;
                bar.StopTask();
                _context?.RemoveTask(bar);
                _overall!.Value = _done;
                return;
            }

            var seconds = (_clock.Elapsed - _started[stage.Name]).TotalSeconds;
            var left = _clock.Elapsed.TotalSeconds * (_total - _done) / Math.Max(_done, 1e-9);
            Screen.Notice($"[{_finished}/{_count}] {stage.Name}: {Screen.Duration(seconds)}{(_finished < _count ? $"; ETA {Screen.Duration(left)}" : "")}");
        }
    }
}
