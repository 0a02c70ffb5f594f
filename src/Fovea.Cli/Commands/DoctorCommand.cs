using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Pipeline.Stages;
using Fovea.Torch;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea doctor</c>: what this machine offers, and whether anything is amiss.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        return new Command("doctor", "Checks this machine: libtorch, threads, bf16, memory, ICU, GPU.") { json }.Runs((parsed, _) =>
        {
            var screen = new Screen(parsed.GetValue(json));
            TorchRuntime.Start(Environment.ProcessorCount);
            var found = MachineReport.Examine();
            screen.Show(
                () => new { metrics = new { }, run = new { versions = BuildVersions.All(), machine = found } },
                () => screen.WriteTable(["what", "found", ""],
                    found.Select(f => (string[])[Markup.Escape(f.What), Markup.Escape(f.Found), f.Fine ? "[green]ok[/]" : "[yellow]look[/]"])));
        });
    }
}
