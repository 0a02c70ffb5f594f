using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Stages;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>What every command that runs one stage does: progress, result, JSON.</summary>
internal static class StageCommand
{
    /// <summary>Runs a stage in this process and shows what it found.</summary>
    public static void Run(IStage stage, string folder, int numThreads, Existing existing, Screen screen, CancellationToken stop, bool anyThreadCount = false, bool allowOverMemory = false)
    {
        if (screen.IsInteractive)
        {
            // Before anything is loaded or hashed: the first progress may be a minute away.
            Screen.Notice($"{stage.Kind}: reading the inputs, into {folder}");
        }

        TorchRuntime.Start(numThreads);
        var manifest = StageProgress.Show(screen, progress =>
            StageRunner.Run(stage, new StageContext(folder, numThreads, progress, stop) { AnyThreadCount = anyThreadCount, AllowOverMemory = allowOverMemory }, existing));
        if (screen.Json)
        {
            var document = new JsonObject
            {
                ["metrics"] = manifest.Result!.DeepClone(),
                ["run"] = new JsonObject
                {
                    ["out"] = folder,
                    ["seconds"] = manifest.Seconds,
                    ["config"] = manifest.Config.DeepClone(),
                    ["inputs"] = JsonSerializer.SerializeToNode(manifest.Inputs),
                    ["versions"] = JsonSerializer.SerializeToNode(manifest.Versions),
                },
            };
            StageResults.AddTo(document, manifest, folder);
            Console.WriteLine(document.ToJsonString(StageManifest.Json));
            return;
        }

        StageResults.Show(screen, manifest, folder);
        Screen.Notice($"{stage.Kind} complete in {Screen.Duration(manifest.Seconds)}: {folder}");
    }
}
