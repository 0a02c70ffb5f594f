using Fovea.Core.Watching;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Workers;

/// <summary>Runs one work order to its end, and says in one message how it ended.</summary>
internal static class StageExecution
{
    /// <summary>Runs it on the calling thread.</summary>
    /// <param name="order">What to run, and where.</param>
    /// <param name="numThreads">Threads of one operation.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="stop">Ends it in a resumable state.</param>
    public static WorkerMessage Run(WorkOrder order, int numThreads, IProgressSink progress, CancellationToken stop)
    {
        try
        {
            var context = new StageContext(order.Out, numThreads, progress, stop) { AllowOverMemory = order.AllowOverMemory };
            StageRunner.Run(StageCatalog.Create(order.Kind, order.Config), context, Existing.Continue);
            return new WorkerMessage(WorkerMessage.Complete);
        }
        catch (OperationCanceledException)
        {
            return new WorkerMessage("interrupted");
        }
        catch (Exception e)
        {
            if (FailureLine.IsTraced && !FailureLine.IsForeseen(e))
            {
                Console.Error.WriteLine(e);
            }

            return new WorkerMessage("failed", Error: FailureLine.Of(e, order.Kind, "free memory, or run fewer stages side by side (--workers)"));
        }
    }
}
