using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Models.Adapters;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>What a training run works with.</summary>
public sealed record TrainingJob
{
    /// <summary>The start model, also when resuming; trained in place.</summary>
    public required DecoderModel Model { get; init; }

    /// <summary>
    /// A low-rank adapter that is attached to the model: it alone is trained, and <see cref="TrainingOptions.Trainable"/> and its like go by its
    /// parameters' names. Null to train the model itself.
    /// </summary>
    public LoraAdapter? Adapter { get; init; }

    /// <summary>Whether the adapter is merged at the end, into the model at hand and into <c>model/</c>.</summary>
    public bool MergeAdapter { get; init; } = true;

    /// <summary>What to train on.</summary>
    public required TrainingSet Set { get; init; }

    /// <summary>Images of the samples; null if no sample has one.</summary>
    public ImageLoader? Images { get; init; }

    /// <summary>Threads that load and prepare the images of the step to come; 0 to prepare a step's images when it begins. Changes no bit of a run.</summary>
    public int ImageThreads { get; init; } = 1;

    /// <summary>What to evaluate on; null for no evaluation.</summary>
    public TrainingSet? HeldOut { get; init; }

    /// <summary>Images of the held-out samples; null if none has one.</summary>
    public ImageLoader? HeldOutImages { get; init; }

    /// <summary>What to do.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Takes the samples that cannot be used, such as one whose image cannot be decoded, and holds their limit; also those found before.</summary>
    public InvalidRecords Invalid { get; init; } = new(limit: 0);

    /// <summary>The same for the held-out samples, whose records are others than those of <see cref="Invalid"/> even where the files are named alike.</summary>
    public InvalidRecords HeldOutInvalid { get; init; } = new(limit: 0);

    /// <summary>Where to write.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether a run may continue with another number of threads: sums are then split differently, and the result differs in its last bits.</summary>
    public bool AnyThreadCount { get; init; }

    /// <summary>What memory the run may take: a plan that exceeds it is refused before the first step; null for no limit.</summary>
    public MemoryLimit? Memory { get; init; }

    /// <summary>How much more memory than now, with the model in it, the process may take; null for no limit.</summary>
    public MemoryLimit? MemoryGrowth { get; init; }

    /// <summary>What the run is made of.</summary>
    internal RunIdentity Identity() => RunIdentity.Of(Options, Set, HeldOut, Model.Parameters, Adapter);

    /// <summary>The disk under the checkpoints.</summary>
    public IFileLayer Files { get; init; } = DiskFiles.Instance;
}
