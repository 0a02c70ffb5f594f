namespace Fovea.Tests.Collections;

/// <summary>Threads that allocate without pause, and one that collects, so that garbage collections fall into native calls all the time.</summary>
internal sealed class Collector : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;

    public Collector()
    {
        _threads = [.. new[] { Allocate, Allocate, (ThreadStart)Collect }.Select(work => new Thread(work) { IsBackground = true })];
        Array.ForEach(_threads, t => t.Start());
    }

    /// <summary>Collections so far, by the thread that asks for them.</summary>
    public int Collections { get; private set; }

    public void Dispose()
    {
        _stop.Cancel();
        Array.ForEach(_threads, t => t.Join());
        _stop.Dispose();
    }

    private void Allocate()
    {
        for (var size = 100; !_stop.IsCancellationRequested; size = size * 7 % 100_003)
        {
            GC.KeepAlive(new byte[size]);
            if (size % 16 == 0)
            {
                Thread.Yield(); // two processors have the work itself to do
            }
        }
    }

    private void Collect()
    {
        for (; !_stop.IsCancellationRequested; Collections++)
        {
            GC.Collect(Collections % 3, GCCollectionMode.Forced, blocking: true);
            Thread.Yield();
        }
    }
}
