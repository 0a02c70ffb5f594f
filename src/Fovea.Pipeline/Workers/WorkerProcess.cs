using System.Diagnostics;

namespace Fovea.Pipeline.Workers;

/// <summary>A worker process seen from the scheduler. It ends by itself when its input closes, so it cannot outlive us.</summary>
public sealed class WorkerProcess : IStageHost
{
    private readonly Process _process;

    private WorkerProcess(Process process) => _process = process;

    /// <summary>Starts a copy of this program, which must be <c>fovea</c>, as a worker.</summary>
    public static WorkerProcess Start(int numThreads)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(System.Reflection.Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in new[] { "worker", "--threads", $"{numThreads}" })
        {
            start.ArgumentList.Add(argument);
        }

        return new WorkerProcess(Process.Start(start) ?? throw new FoveaException($"{program}: cannot start a worker process"));
    }

    /// <summary>Runs one order to its end, handing progress on. A worker that ends meanwhile is reported as <see cref="WorkerMessage.Died"/>.</summary>
    public async Task<WorkerMessage> RunAsync(WorkOrder order, Action<WorkerMessage> onProgress)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order));
            await _process.StandardInput.FlushAsync();
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                var message = JsonSerializer.Deserialize<WorkerMessage>(line)!;
                if (message.Type != "progress")
                {
                    return message;
                }

                onProgress(message);
            }
        }
        catch (IOException)
        {
            // Its end of the pipe is closed: it has ended.
        }

        await _process.WaitForExitAsync();
        return new WorkerMessage(WorkerMessage.Died,
            Error: $"its worker process ended with exit code {_process.ExitCode}; run the same command with --resume to continue");
    }

    /// <summary>Asks the worker to end its stage in a resumable state.</summary>
    public void Interrupt()
    {
        try
        {
            _process.StandardInput.WriteLine("stop");
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }

        if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
