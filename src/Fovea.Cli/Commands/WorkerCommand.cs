using System.CommandLine;
using Fovea.Pipeline.Workers;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>The hidden <c>worker</c>: one process that runs stages for <c>run</c> and <c>demo</c>.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var threads = CommonOptions.Threads(1);
        var command = new Command("worker", "Runs stages that the scheduler names on standard input.") { threads };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            Signals.OfProcess.LeaveInterruptsToParent();
            var output = Console.Out;
            Console.SetOut(Console.Error);
            TorchRuntime.Start(parsed.GetValue(threads));
            var signals = Signals.OfProcess;
            await new WorkerLoop(Console.In, output, parsed.GetValue(threads), () => signals.End(ExitCodes.Terminated), signals.Stop).RunAsync();
            return ExitCodes.Done;
        });
        return command;
    }
}
