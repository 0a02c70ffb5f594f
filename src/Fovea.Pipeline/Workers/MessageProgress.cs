using System.Diagnostics;
using Fovea.Core.Watching;

namespace Fovea.Pipeline.Workers;

/// <summary>Progress as messages, at most five a second beside those that end a task or say something.</summary>
internal sealed class MessageProgress(Action<WorkerMessage> say) : IProgressSink
{
    private static readonly long Interval = Stopwatch.Frequency / 5;
    private long _last;

    public void Tell(string task, long done, long total, string line) => say(new WorkerMessage("progress", task, done, total, line));

    public void Report(string task, long done, long total, string? note = null)
    {
        var now = Stopwatch.GetTimestamp();
        if (now - Interlocked.Read(ref _last) >= Interval || done == total)
        {
            Interlocked.Exchange(ref _last, now);
            say(new WorkerMessage("progress", task, done, total, note));
        }
    }
}
