using Fovea.Cli.Terminal;
using Fovea.Core.Provenance;
using Fovea.Core.Text;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Stages;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>What every command that runs one stage does: progress, result, JSON.</summary>
internal static class StageCommand
{
    /// <summary>Runs a stage in this process and shows what it found.</summary>
    public static void Run(
        IStage stage, string folder, int numThreads, Existing existing, Screen screen, CancellationToken stop, bool anyThreadCount = false, bool allowOverMemory = false, int? imageThreads = null)
    {
        if (screen.IsInteractive)
        {
            // Before anything is loaded or hashed: the first progress may be a minute away.
            Screen.Notice($"{StageCatalog.TitleOf(stage.Kind)}: reading the inputs, into {folder}");
        }

        TorchRuntime.Start(numThreads);
        var manifest = StageProgress.Show(screen, progress =>
        {
            var context = new StageContext(folder, numThreads, progress, stop) { AnyThreadCount = anyThreadCount, AllowOverMemory = allowOverMemory };
            return StageRunner.Run(stage, imageThreads is { } count ? context with { ImageThreads = count } : context, existing);
        });
        if (screen.Json)
        {
            Console.WriteLine(StageDocument.Of(manifest, folder).ToJsonString(StageManifest.Json));
            return;
        }

        StageResults.Show(screen, manifest, folder);
        Screen.Notice($"{StageCatalog.TitleOf(stage.Kind)} complete in {Durations.InWords(manifest.Seconds)}: {folder}");
    }
}
