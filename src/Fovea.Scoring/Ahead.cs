namespace Fovea.Scoring;

/// <summary>Prepares the next window on another thread while this one computes. For one caller's thread.</summary>
/// <param name="prepare">Makes the window [first, first + count); works on no tensors.</param>
internal sealed class Ahead<TWindow>(Func<int, int, TWindow> prepare) : IDisposable
{
    private (int First, int Count)? _window;
    private Task<TWindow>? _next;

    /// <summary>Whether a window is being prepared just now.</summary>
    public bool IsPreparing => _next is { IsCompleted: false };

    /// <summary>Gives a window, prepared before if it was foreseen, and begins with the one that will follow.</summary>
    public TWindow Take((int First, int Count) window, (int First, int Count)? following)
    {
        if (_window != window)
        {
            Dispose();
        }

        var taken = _next is { } foreseen ? foreseen.GetAwaiter().GetResult() : prepare(window.First, window.Count);
        _window = following;
        _next = following is { } next ? Task.Run(() => prepare(next.First, next.Count)) : null;
        return taken;
    }

    /// <summary>Waits for what is being prepared and forgets it.</summary>
    public void Dispose()
    {
        // A failure in it would have come up when it was taken.
        _next?.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        (_window, _next) = (null, null);
    }
}
