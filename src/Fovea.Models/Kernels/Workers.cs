namespace Fovea.Models.Kernels;

/// <summary>
/// Threads that help with one loop at a time. They are none of the runtime's pool, whose threads may all be preparing images just then, and a loop begins
/// without allocating.
/// </summary>
internal sealed class Workers
{
    private readonly Lock _loop = new();
    private readonly List<Worker> _workers = [];
    private Action<long, long> _body = (_, _) => { };
    private long _count, _grain, _next;
    private Exception? _failure;

    /// <summary>
    /// Runs <paramref name="body"/> over [0, count) in pieces of <paramref name="grain"/>, each taken by whichever thread is free; alone while another loop
    /// runs.
    /// </summary>
    public void Run(int threads, long count, long grain, Action<long, long> body)
    {
        if (threads < 2 || !_loop.TryEnter())
        {
            for (var first = 0L; first < count; first += grain)
            {
                body(first, Math.Min(count, first + grain));
            }

            return;
        }

        try
        {
            (_body, _count, _grain, _next, _failure) = (body, count, grain, 0, null);
            for (var i = 0; i < threads - 1; i++)
            {
                if (i == _workers.Count)
                {
                    _workers.Add(new Worker(this));
                }

                _workers[i].Call();
            }

            Work();
            _workers.ForEach(w => w.Release());
            if (_failure is { } failure)
            {
                throw new InvalidOperationException("a loop over rows failed", failure);
            }
        }
        finally
        {
            _loop.Exit();
        }
    }

    private void Work()
    {
        try
        {
            for (long first; (first = Interlocked.Add(ref _next, _grain) - _grain) < _count;)
            {
                _body(first, Math.Min(_count, first + _grain));
            }
        }
        catch (Exception e)
        {
            _failure = e;
            Interlocked.Exchange(ref _next, _count); // the others stop too
        }
    }

#pragma warning disable CA1001 // Lives, and waits, as long as the process.
    private sealed class Worker
#pragma warning restore CA1001
    {
        private const int Idle = 0, Called = 1, Working = 2;
        private readonly AutoResetEvent _call = new(false);
        private int _state;

        public Worker(Workers owner) => new Thread(() => Serve(owner)) { IsBackground = true, Name = "kernel worker" }.Start();

        public void Call()
        {
            Volatile.Write(ref _state, Called);
            _call.Set();
        }

        /// <summary>Takes the call back if it was not heard yet; else waits for the end of the piece at hand.</summary>
        public void Release()
        {
            if (Interlocked.CompareExchange(ref _state, Idle, Called) == Working)
            {
                for (var wait = default(SpinWait); Volatile.Read(ref _state) != Idle;)
                {
                    wait.SpinOnce(sleep1Threshold: -1);
                }
            }
        }

        private void Serve(Workers owner)
        {
            while (true)
            {
                _call.WaitOne();
                if (Interlocked.CompareExchange(ref _state, Working, Called) == Called)
                {
                    owner.Work();
                    Volatile.Write(ref _state, Idle);
                }
            }
        }
    }
}
