using System.Threading.Channels;

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
            Say(StageExecution.Run(order, numThreads, new MessageProgress(Say), stop));
        }

        await reading;
    }

    private void Say(WorkerMessage message)
    {
        lock (output)
        {
            output.WriteLine(JsonSerializer.Serialize(message, WorkerMessage.Json));
            output.Flush();
        }
    }
}
