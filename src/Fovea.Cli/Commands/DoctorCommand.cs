using System.CommandLine;
using System.Text.Json;
using Fovea.Cli.Terminal;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Stages;
using Fovea.Torch;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea doctor</c>: what this machine offers, and whether anything is amiss.</summary>
internal static class DoctorCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Checks this machine: libtorch, threads, bf16, memory, ICU, GPU.") { json };
        command.SetAction((parsed, _) => Guard.Run("fovea doctor", _ =>
        {
            var screen = new Screen(parsed.GetValue(json));
            TorchRuntime.Start(Environment.ProcessorCount);
            var found = MachineReport.Examine();
            if (screen.Json)
            {
                Console.WriteLine(JsonSerializer.Serialize(new { metrics = new { }, run = new { versions = BuildVersions.All(), machine = found } }, StageManifest.Json));
                return;
            }

            screen.WriteTable(["what", "found", ""], found.Select(f => (string[])[Markup.Escape(f.What), Markup.Escape(f.Found), f.Fine ? "[green]ok[/]" : "[yellow]look[/]"]));
        }));
        return command;
    }
}
