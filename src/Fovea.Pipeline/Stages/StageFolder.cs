using Fovea.Core.Watching;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>Runs stages in this process, each into a folder of its own below one: what is complete is returned, what was interrupted is continued.</summary>
/// <param name="root">The folder.</param>
/// <param name="numThreads">Threads of one operation; the same for the whole process.</param>
/// <param name="progress">Is told how far a stage is; null: nobody is.</param>
/// <param name="stop">Ends a stage in a resumable state.</param>
public sealed class StageFolder(string root, int numThreads, IProgressSink? progress = null, CancellationToken stop = default)
{
    /// <summary>Runs a stage and returns its folder, which later stages are given.</summary>
    /// <param name="name">Of its folder.</param>
    /// <param name="stage">What to run.</param>
    /// <exception cref="Core.Errors.FoveaException">Its options are wrong, it fails, or the folder holds other work.</exception>
    public string Run(string name, IStage stage)
    {
        stage.Check();
        TorchRuntime.Start(numThreads);
        var folder = Path.Combine(root, name);
        StageRunner.Run(stage, new StageContext(folder, numThreads, progress ?? new SilentProgress(), stop), Existing.Continue);
        return folder;
    }
}
