using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Workers;

/// <summary>
/// The inside of a worker process: reads work orders from standard input, runs them one by one on one thread count, answers on standard output.
/// The word <c>stop</c>, or the end of input, ends the current stage in a resumable state.
/// </summary>
/// <param name="input">Work orders, a line each.</param>
/// <param name="output">Where answers and progress go.</param>
/// <param name="numThreads">Threads of every stage.</param>
/// <param name="end">Called when the input has ended: it must cancel <paramref name="stop"/>.</param>
/// <param name="stop">Ends the current stage in a resumable state.</param>
public sealed class WorkerLoop(TextReader input, TextWriter output, int numThreads, Action end, CancellationToken stop)
{
    /// <summary>Serves until the input ends.</summary>
    public async Task RunAsync()
    {
        var orders = Channel.CreateUnbounded<string>();
        var reading = Task.Run(async () =>
        {
            while (await input.ReadLineAsync() is { } line && line != "stop")
            {
                await orders.Writer.WriteAsync(line);
            }

            orders.Writer.Complete();
            end();
        });
        await foreach (var line in orders.Reader.ReadAllAsync())
        {
            var order = JsonSerializer.Deserialize<WorkOrder>(line)!;
            Say(Execute(order));
        }

        await reading;
    }

    private WorkerMessage Execute(WorkOrder order)
    {
        try
        {
            var context = new StageContext(order.Out, numThreads, new MessageProgress(this), stop) { AllowOverMemory = order.AllowOverMemory };
            StageRunner.Run(StageCatalog.Create(order.Kind, order.Config), context, Existing.Continue);
            return new WorkerMessage("done");
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

    private void Say(WorkerMessage message)
    {
        lock (output)
        {
            output.WriteLine(JsonSerializer.Serialize(message, WorkerMessage.Json));
            output.Flush();
        }
    }

    private sealed class MessageProgress(WorkerLoop owner) : IProgressSink
    {
        private static readonly long Interval = Stopwatch.Frequency / 5;
        private long _last;

        public void Tell(string task, long done, long total, string line) => owner.Say(new WorkerMessage("progress", task, done, total, line));

        public void Report(string task, long done, long total, string? note = null)
        {
            var now = Stopwatch.GetTimestamp();
            if (now - Interlocked.Read(ref _last) >= Interval || done == total)
            {
                Interlocked.Exchange(ref _last, now);
                owner.Say(new WorkerMessage("progress", task, done, total, note));
            }
        }
    }
}
