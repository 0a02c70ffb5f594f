using System.Diagnostics;
using Fovea.Core.Text;
using Fovea.Core.Watching;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows one stage's progress: a bar with ETA on a terminal, a plain line every few seconds elsewhere.</summary>
internal sealed class StageProgress : IProgressSink
{
    private const double PlainIntervalSeconds = 5;
    private const int RedrawMilliseconds = 200;
    private const int BarWidth = 24;

    /// <summary>Percentage, remaining time and the blanks between columns.</summary>
    private const int OtherColumns = 20;
    private readonly Dictionary<string, (ProgressTask? Bar, Stopwatch Clock, long First)> _tasks = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private ProgressContext? _bars;
    private int _width = 80;

    private StageProgress()
    {
    }

    public static T Show<T>(Screen screen, Func<IProgressSink, T> work)
    {
        var progress = new StageProgress();
        if (!screen.IsInteractive)
        {
            return work(progress);
        }

        // Drawn by the computing thread itself: no other thread may allocate while libtorch works (docs/decisions/0004-garbage-collection.md).
        return screen.Notices.Progress().AutoRefresh(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth }, new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(bars =>
            {
                progress._bars = bars;
                progress._width = screen.Notices.Profile.Width;
                return work(progress);
            });
    }

    public void Tell(string task, long done, long total, string line)
    {
        lock (_gate)
        {
            Screen.Notice($"{task}: {line}");
        }
    }

    public void Report(string task, long done, long total, string? note = null)
    {
        lock (_gate)
        {
            if (!_tasks.TryGetValue(task, out var entry))
            {
                entry = (_bars?.AddTask(Markup.Escape(task), maxValue: Math.Max(1, total)), Stopwatch.StartNew(), done);
                _tasks[task] = entry;
            }

            if (entry.Bar is { } bar)
            {
                bar.MaxValue = Math.Max(1, total);
                bar.Value = done;
                bar.Description = Markup.Escape(Fit($"{task} {done}/{total}{(note is null ? "" : $" ({note})")}"));
                if (done == total || _sinceLine.ElapsedMilliseconds >= RedrawMilliseconds)
                {
                    _sinceLine.Restart();
                    _bars!.Refresh();
                }
            }
            else if (done == total || _sinceLine.Elapsed.TotalSeconds >= PlainIntervalSeconds)
            {
                _sinceLine.Restart();
                Screen.Notice($"{task} {done}/{total}{(note is null ? "" : $" ({note})")}{(done < total && done > entry.First ? $", ETA {Durations.InWords(
                    entry.Clock.Elapsed.TotalSeconds * (total - done) / (done - entry.First))}" : "")}");
            }
        }
    }

    /// <summary>The description within what the bar leaves of the line: a bar of five characters shows nothing.</summary>
    private string Fit(string text) => Math.Max(20, _width - BarWidth - OtherColumns) is var most && text.Length <= most ? text : text[..(most - 1)] + "…";
}
