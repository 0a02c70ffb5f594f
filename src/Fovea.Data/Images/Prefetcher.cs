namespace Fovea.Data.Images;

/// <summary>
/// Prepares the piece of work that follows on other threads while the one at hand is computed. For one caller's thread; pieces are prepared one at a time.
/// </summary>
/// <typeparam name="TKey">Names a piece.</typeparam>
/// <typeparam name="TPiece">What is prepared.</typeparam>
/// <param name="ahead">Whether anything is prepared before it is asked for; if not, all is prepared in line.</param>
/// <param name="prepare">Makes a piece; depends on nothing but its key, and works on no tensors. May end early when it is not wanted any more.</param>
public sealed class Prefetcher<TKey, TPiece>(bool ahead, Func<TKey, CancellationToken, TPiece> prepare) : IDisposable
    where TKey : struct, IEquatable<TKey>
{
    private TKey _key;
    private Task<TPiece>? _next;
    private CancellationTokenSource _unwanted = new();

    /// <summary>Gives a piece, prepared before if it was foreseen, and begins with the one that will follow; null if none will.</summary>
    public TPiece Take(TKey key, TKey? following)
    {
        if (_next is not null && !_key.Equals(key))
        {
            Forget();
        }

        var foreseen = _next;
        _next = null; // a piece that failed is prepared anew if it is asked for again
        var taken = foreseen is null ? prepare(key, CancellationToken.None) : foreseen.GetAwaiter().GetResult();
        if (ahead && following is { } next)
        {
            _key = next;
            var unwanted = _unwanted.Token;
            _next = Task.Run(() => prepare(next, unwanted), CancellationToken.None);
        }

        return taken;
    }

    /// <summary>Stops what is being prepared, waits for its end and forgets it.</summary>
    public void Dispose()
    {
        Forget();
        _unwanted.Dispose();
    }

    private void Forget()
    {
        _unwanted.Cancel();

        // A failure in it would have come up when it was taken.
        _next?.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        _next = null;
        _unwanted.Dispose();
        _unwanted = new CancellationTokenSource();
    }
}
