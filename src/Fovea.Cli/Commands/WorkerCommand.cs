using System.CommandLine;
using System.Runtime.InteropServices;
using Fovea.Cli.Workers;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>The hidden <c>worker</c>: one process that runs stages for <c>run</c> and <c>demo</c>.</summary>
internal static class WorkerCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var threads = CommonOptions.Threads(1);
        var command = new Command("worker", "Runs stages that the scheduler names on standard input.") { threads };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            // The terminal sends Ctrl-C to the whole group; the scheduler alone decides, and says so through our input.
            using var ignore = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true);
            var output = Console.Out;
            Console.SetOut(Console.Error);
            TorchRuntime.Start(parsed.GetValue(threads));
            await new WorkerLoop(Console.In, output, parsed.GetValue(threads)).RunAsync();
            return ExitCodes.Done;
        });
        return command;
    }
}
