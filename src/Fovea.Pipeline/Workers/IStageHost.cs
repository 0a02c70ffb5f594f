using Fovea.Torch;

namespace Fovea.Pipeline.Workers;

/// <summary>Where stages run, one at a time: another process, or this one.</summary>
public interface IStageHost : IDisposable
{
    /// <summary>Runs one order to its end, handing progress on. Its failure is the message's, not an exception.</summary>
    Task<WorkerMessage> RunAsync(WorkOrder order, Action<WorkerMessage> onProgress);

    /// <summary>Asks it to end its stage in a resumable state.</summary>
    void Interrupt();
}

/// <summary>Runs stages in this process: for programs that use Fovea as a library.</summary>
/// <param name="numThreads">Threads of one operation; the same for the whole process.</param>
public sealed class InProcessHost(int numThreads) : IStageHost
{
    private readonly CancellationTokenSource _stop = new();

    public Task<WorkerMessage> RunAsync(WorkOrder order, Action<WorkerMessage> onProgress) => Task.Run(() =>
    {
        TorchRuntime.Start(numThreads);
        return StageExecution.Run(order, numThreads, new MessageProgress(onProgress), _stop.Token);
    });

    public void Interrupt() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();
}
