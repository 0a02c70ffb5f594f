using Fovea.Core.Watching;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Pipeline.Stages;

/// <summary>What a stage runs with.</summary>
/// <param name="Out">Folder of its artefact.</param>
/// <param name="NumThreads">Threads of one operation.</param>
/// <param name="Progress">Where it says how far it has come.</param>
/// <param name="Stop">Ends it cleanly, in a resumable state.</param>
public sealed record StageContext(string Out, int NumThreads, IProgressSink Progress, CancellationToken Stop)
{
    /// <summary>The folder's lock, held while the stage runs.</summary>
    public FolderLock? Lock { get; init; }

    /// <summary>Whether a run may continue with another number of threads than it was begun with.</summary>
    public bool AnyThreadCount { get; init; }

    /// <summary>Threads that prepare images while a step or a batch is computed. How many changes no result, so no manifest records it.</summary>
    public int ImageThreads { get; init; } = DefaultImageThreads(NumThreads);

    /// <summary>The processors that the threads of one operation leave over, at least one and at most four.</summary>
    public static int DefaultImageThreads(int numThreads) => Math.Clamp(Environment.ProcessorCount - numThreads, 1, 4);

    /// <summary>Where models compute: what <see cref="IStage.Device"/> names; null for the CPU.</summary>
    public torch.Device? Device { get; init; }

    /// <summary>Reads inputs, each once; the same for the stage's hashes and for its work.</summary>
    public InputHasher Hasher { get; init; } = new(Progress, Stop);

    /// <summary>What <see cref="IStage.HashInputs"/> found.</summary>
    public SortedDictionary<string, string> Inputs { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What can be asked for by name.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.BuiltIn;

    /// <summary>Whether a run may begin whose memory plan exceeds what there is.</summary>
    public bool AllowOverMemory { get; init; }

    /// <summary>What memory there is; another amount for tests.</summary>
    public MemoryLimit Memory { get; init; } = MemoryLimits.Resident();

    /// <summary>What memory a stage may plan with; null for no limit.</summary>
    public MemoryLimit? MemoryLimit => AllowOverMemory ? null : Memory;
}
