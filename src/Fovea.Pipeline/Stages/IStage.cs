using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>One step of the chain dataset, scores, weights, training, evaluation: a configuration that can run and leaves one folder.</summary>
public interface IStage
{
    /// <summary>Name of the kind of work, as in its manifest.</summary>
    string Kind { get; }

    /// <summary>
    /// Checks the options that can be checked without reading anything: called for all stages of a plan before its first one begins, and for
    /// each before anything is read.
    /// </summary>
    /// <exception cref="Fovea.Core.Errors.FoveaException">The first value that is out of range, by its key.</exception>
    void Check()
    {
    }

    /// <summary>The same, with names looked up where others may have added some; a stage without such names has nothing more to check.</summary>
    /// <param name="catalogues">What can be asked for by name.</param>
    void Check(Catalogues catalogues) => Check();

    /// <summary>
    /// Checks models that are there before the plan runs, by their JSON files and the headers of their weights: called for all stages of a
    /// plan before its first one begins.
    /// </summary>
    /// <param name="sizes">Knows what the plan makes itself.</param>
    /// <exception cref="Fovea.Core.Errors.FoveaException">A model lacks a file, its files do not belong together, or an option names what it
    /// has not.</exception>
    void CheckGiven(StageSizes sizes)
    {
    }

    /// <summary>Where it computes (<see cref="ComputeDevice"/>); null: it runs no model.</summary>
    string? Device => null;

    /// <summary>
    /// Names in its folder that other stages may be given, e.g. <c>model</c>; null: not known before it ran. The folder itself may be given always.
    /// </summary>
    IReadOnlyCollection<string>? Outputs => null;

    /// <summary>Samples of the corpora that it makes; null where it makes none.</summary>
    long? Samples => null;

    /// <summary>
    /// Its work, so that plans are ordered and their time is told: forward passes of one sample through one parameter, a training step
    /// counting as three. Null: not known.
    /// </summary>
    double? Work(StageSizes sizes) => null;

    /// <summary>Bytes that it holds at least: a model's parameters and what training adds to them. Null: no model, or its size is not known.</summary>
    double? Memory(StageSizes sizes) => null;

    /// <summary>SHA-256 of what it reads, by role.</summary>
    /// <param name="hasher">Reads each file once, and can be cancelled.</param>
    SortedDictionary<string, string> HashInputs(InputHasher hasher);

    /// <summary>
    /// The configuration to hold against that of the run in the folder. One that only adds to what the run did is given as it was
    /// begun, so that its work is continued: its finished artefact is worked on again and then has what was added.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="before">The configuration that the run was begun with.</param>
    /// <param name="now">This stage's.</param>
    /// <exception cref="Core.Errors.FoveaException">It asks for more in a way in which the run cannot be continued.</exception>
    JsonObject AsBegun(string folder, JsonObject before, JsonObject now) => now;

    /// <summary>Whether a complete artefact is still whole; one that is not is worked on again.</summary>
    bool IsIntact(string folder) => true;

    /// <summary>Does the work and returns what it found: counts, sums and settings that hold in every run of one seed.</summary>
    JsonObject Run(StageContext context);
}
