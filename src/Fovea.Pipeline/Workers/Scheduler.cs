namespace Fovea.Pipeline.Workers;

/// <summary>Runs a plan's stages on hosts side by side, each stage as soon as what it reads is there. Who runs what, and when, changes no result.</summary>
/// <param name="folder">The run's.</param>
/// <param name="start">Starts a host.</param>
/// <param name="watch">Gets what becomes of each stage: that it began, how far it is, that it is done.</param>
public sealed class Scheduler(string folder, Func<IStageHost> start, Action<StageSpec, WorkerMessage> watch)
{
    /// <summary>Whether stages may begin whose memory plan exceeds what there is.</summary>
    public bool AllowOverMemory { get; init; }
    // A signal to the whole group may reach a worker before it reaches this process.
    private static readonly TimeSpan SignalDelay = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private readonly List<StageSpec> _waiting = [];
    private string? _error;
    private bool _interrupted;

    /// <summary>Runs all of <paramref name="plan"/>.</summary>
    /// <exception cref="FoveaException">A stage failed; the message is its own, with its name.</exception>
    /// <exception cref="OperationCanceledException">Stopped on request; running again continues.</exception>
    public async Task RunAsync(IReadOnlyList<StageSpec> plan, int numWorkers, CancellationToken stop)
    {
        var left = CostsToTheEnd(plan);
        _waiting.AddRange(plan.OrderByDescending(s => left[s.Name]));
        var workers = Enumerable.Range(0, Math.Min(numWorkers, plan.Count)).Select(_ => start()).ToList();
        await using var registration = stop.Register(() => workers.ForEach(w => w.Interrupt()));
        try
        {
            var busy = new Dictionary<Task<WorkerMessage>, (IStageHost Worker, StageSpec Stage)>();
            var idle = new Queue<IStageHost>(workers);
            while (true)
            {
                while (idle.Count > 0 && Next(stop) is { } stage)
                {
                    var worker = idle.Dequeue();
                    watch(stage, new WorkerMessage(WorkerMessage.Started));
                    var order = new WorkOrder(stage.Kind, stage.Config, Path.Combine(folder, stage.Name), AllowOverMemory);
                    busy[worker.RunAsync(order, m => watch(stage, m))] = (worker, stage);
                }

                if (busy.Count == 0)
                {
                    break;
                }

                var ended = await Task.WhenAny(busy.Keys);
                var (freed, finished) = busy[ended];
                busy.Remove(ended);
                await SettleAsync(finished, await ended, stop);
                idle.Enqueue(freed);
            }
        }
        finally
        {
            workers.ForEach(w => w.Dispose());
        }

        if (_error is not null)
        {
            throw new FoveaException(_error);
        }

        if (_interrupted || stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(stop);
        }
    }

    /// <summary>Expected work from a stage's start to the end of the longest chain behind it: what is longest goes first.</summary>
    private static Dictionary<string, double> CostsToTheEnd(IReadOnlyList<StageSpec> plan)
    {
        var left = plan.ToDictionary(s => s.Name, s => s.Work ?? 0, StringComparer.Ordinal);
        foreach (var stage in plan.Reverse())
        {
            foreach (var before in stage.After)
            {
                left[before] = Math.Max(left[before], left[stage.Name] + (plan.First(s => s.Name == before).Work ?? 0));
            }
        }

        return left;
    }

    private StageSpec? Next(CancellationToken stop)
    {
        if (_error is not null || _interrupted || stop.IsCancellationRequested)
        {
            return null;
        }

        var stage = _waiting.FirstOrDefault(s => s.After.All(_done.Contains));
        if (stage is not null)
        {
            _waiting.Remove(stage);
        }

        return stage;
    }

    private async Task SettleAsync(StageSpec stage, WorkerMessage message, CancellationToken stop)
    {
        switch (message.Type)
        {
            case WorkerMessage.Complete:
                _done.Add(stage.Name);
                watch(stage, message);
                break;
            case "interrupted" or WorkerMessage.Died when await ComesAsync(stop):
                _interrupted = true;
                break;
            case "interrupted":
                _error ??= $"{stage.Name}: its worker process was told to end by a signal; run the same command with --resume to continue";
                break;
            default:
                _error ??= $"{stage.Name}: {message.Error}";
                break;
        }
    }

    private static async Task<bool> ComesAsync(CancellationToken stop)
    {
        await Task.Delay(SignalDelay, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return stop.IsCancellationRequested;
    }
}
