using System.Text.Json.Nodes;
using Fovea.Core.Files;
using Fovea.Core.Watching;
using Fovea.Torch;

namespace Fovea.Cli.Stages;

/// <summary>What a stage runs with.</summary>
/// <param name="Out">Folder of its artefact.</param>
/// <param name="NumThreads">Threads of one operation.</param>
/// <param name="Progress">Where it says how far it has come.</param>
/// <param name="Stop">Ends it cleanly, in a resumable state.</param>
internal sealed record StageContext(string Out, int NumThreads, IProgressSink Progress, CancellationToken Stop)
{
    /// <summary>The folder's lock, held while the stage runs.</summary>
    public FolderLock? Lock { get; init; }

    /// <summary>Whether a run may continue with another number of threads than it was begun with.</summary>
    public bool AnyThreadCount { get; init; }

    /// <summary>Whether a run may begin whose memory plan exceeds what there is.</summary>
    public bool AllowOverMemory { get; init; }

    /// <summary>What memory a stage may plan with; null for no limit.</summary>
    public MemoryLimit? MemoryLimit => AllowOverMemory ? null : MemoryLimits.Resident();
}

/// <summary>One step of the chain dataset, scores, weights, training, evaluation: a configuration that can run and leaves one folder.</summary>
internal interface IStage
{
    /// <summary>Name of the kind of work, as in its manifest.</summary>
    string Kind { get; }

    /// <summary>Checks the options that can be checked without reading anything: called for all stages of a plan before its first one begins.</summary>
    /// <exception cref="Fovea.Core.Errors.FoveaException">The first value that is out of range, by its key.</exception>
    void Check()
    {
    }

    /// <summary>SHA-256 of what it reads, by role.</summary>
    SortedDictionary<string, string> HashInputs();

    /// <summary>Whether a complete artefact is still whole; one that is not is worked on again.</summary>
    bool IsIntact(string folder) => true;

    /// <summary>Does the work and returns what it found: counts, sums and settings that hold in every run of one seed.</summary>
    JsonObject Run(StageContext context);
}
