using System.Runtime;

namespace Fovea.Scoring;

/// <summary>
/// Lets images be prepared beside a thread that computes on tensors. TorchSharp's scalars may be collected while native code reads them
/// (docs/decisions/0004), and a thread that allocates can start a collection at any moment; so while a batch is computed no collection may begin: the runtime
/// sets memory aside, and the preparing threads wait for the batch's end once that is nearly used up. Where it cannot set memory aside, the two take turns.
/// </summary>
/// <param name="preparers">Threads that prepare.</param>
internal sealed class CollectionPause(int preparers) : IDisposable
{
    // A picture of 36 million pixels: 4 bytes each as RGBA, 3 as RGB, and less for what the model reads. Memory is set aside, not touched.
    private const long BytesPerImage = 256L << 20, SpareBytes = 128L << 20;

    private readonly long _room = SpareBytes;
    private readonly long _aside = SpareBytes + (preparers * BytesPerImage);
    private readonly ReaderWriterLockSlim _turns = new();
    private readonly Lock _sync = new();
    private readonly ManualResetEventSlim _ended = new(true);
    private bool _paused;
    private long _begin;

    /// <summary>Computes a batch; <paramref name="beside"/> says whether images are being prepared meanwhile.</summary>
    public T Compute<T>(bool beside, Func<T> work)
    {
        if (!beside)
        {
            return work();
        }

        Enter();
        try
        {
            return work();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Prepares one image.</summary>
    public void Prepare(Action work)
    {
        while (!HasRoom())
        {
            _ended.Wait();
        }

        _turns.EnterReadLock();
        try
        {
            work();
        }
        finally
        {
            _turns.ExitReadLock();
        }
    }

    public void Dispose()
    {
        _turns.Dispose();
        _ended.Dispose();
    }

    private void Enter()
    {
        lock (_sync)
        {
            _paused = TryPause();
            if (_paused)
            {
                _begin = GC.GetTotalAllocatedBytes();
                _ended.Reset();
                return;
            }
        }

        _turns.EnterWriteLock();
    }

    private void Leave()
    {
        lock (_sync)
        {
            if (_paused)
            {
                _paused = false;
                if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
                {
                    GC.EndNoGCRegion();
                }

                _ended.Set();
                return;
            }
        }

        _turns.ExitWriteLock();
    }

    private bool HasRoom()
    {
        lock (_sync)
        {
            return !_paused || GC.GetTotalAllocatedBytes() - _begin < _room;
        }
    }

    private bool TryPause()
    {
        try
        {
            return GC.TryStartNoGCRegion(_aside);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException)
        {
            return false;
        }
    }
}
