using Fovea.Pipeline.Workers;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>
/// Shows a whole plan: an overall bar and one for each running stage with its step count; where output is no terminal, a line when a stage starts, when it
/// ends, and every few seconds what is running.
/// </summary>
internal sealed class PlanProgress
{
    private const int BarWidth = 24;
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(15);
    private readonly PlanStatus _status;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);
    private ProgressContext? _context;
    private ProgressTask? _overall;

    private PlanProgress(PlanStatus status) => _status = status;

    /// <summary>Runs <paramref name="work"/> while showing the plan's progress.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="plan">All stages.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="work">Hands on what becomes of each stage.</param>
    public static async Task ShowAsync(Screen screen, IReadOnlyList<StageSpec> plan, string folder, Func<Action<StageSpec, WorkerMessage>, Task> work)
    {
        var progress = new PlanProgress(new PlanStatus(plan, folder));
        if (!screen.IsInteractive)
        {
            // This process computes nothing: a timer disturbs no tensor.
            await using var timer = new Timer(_ => progress.Line(), null, LineInterval, LineInterval);
            await work(progress.Watch);
            return;
        }

        await screen.Notices.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth }, new PercentageColumn(),
                new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                progress._context = context;
                progress._overall = context.AddTask("whole run", maxValue: Math.Max(1e-9, plan.Sum(s => s.Work ?? 0)));
                progress.Overall();
                await work(progress.Watch);
            });
    }

    private void Watch(StageSpec stage, WorkerMessage message)
    {
        lock (_gate)
        {
            switch (message.Type)
            {
                case WorkerMessage.Started:
                    Begin(stage);
                    break;
                case WorkerMessage.Complete:
                    End(stage);
                    break;
                case var _ when _status.Progress(stage, message) is { } now && _bars.TryGetValue(stage.Name, out var bar):
                    bar.Value = now.Share;
                    bar.Description = Markup.Escape(now.Text);
                    Overall();
                    break;
            }
        }
    }

    private void Begin(StageSpec stage)
    {
        var hasWork = _status.Start(stage);
        if (_context is not null)
        {
            _bars[stage.Name] = _context.AddTask(Markup.Escape(stage.Name), maxValue: 1);
        }
        else if (hasWork)
        {
            Screen.Notice($"start: {stage.Name}");
        }
    }

    private void End(StageSpec stage)
    {
        if (_status.Finish(stage) is not { } line)
        {
            return;
        }

        if (!_bars.Remove(stage.Name, out var bar))
        {
            Screen.Notice(line);
            return;
        }

        bar.Value = 1;
        bar.StopTask();
        _context!.RemoveTask(bar);
        _overall!.Increment(stage.Work ?? 0);
        Overall();
    }

    private void Overall() => _overall!.Description = Markup.Escape($"whole run: {_status.Overall}");

    private void Line()
    {
        lock (_gate)
        {
            if (_status.Current is { } line)
            {
                Screen.Notice(line);
            }
        }
    }
}
