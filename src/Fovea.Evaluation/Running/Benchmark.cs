using Fovea.Core.Extending;
using Fovea.Core.Results;
using Fovea.Core.Watching;
using Fovea.Evaluation.Results;

namespace Fovea.Evaluation.Running;

/// <summary>An evaluation as the catalogue lists it: a corpus and a model to sums by metric and unit.</summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="Help">What it measures, and of which corpus, in one line.</param>
/// <param name="Run">Does it; one result or several, each with units of its own (<see cref="EvalResult"/>).</param>
public sealed record Benchmark(string Name, string Help, Func<BenchmarkInput, IEnumerable<EvalResult>> Run) : ICatalogued
{
    /// <summary>Whether the model writes answers, so that it matters how they are decoded; false where only given texts are read.</summary>
    public bool Generates { get; init; } = true;
}

/// <summary>What an evaluation works on. Owns nothing.</summary>
/// <param name="Corpus">The samples; every image can be decoded.</param>
/// <param name="Subject">The model under a template's name; null for the template of the stage.</param>
public sealed record BenchmarkInput(ICorpus Corpus, Func<string?, ModelUnderTest> Subject)
{
    /// <summary>Folder of the corpus's files, where an evaluation keeps what it needs beside them.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Of whatever is drawn.</summary>
    public long Seed { get; init; }

    /// <summary>Most tokens of a generated text.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Keeps what the model said, by a name for the file, so that metrics can be made again without the model.</summary>
    public Action<string, IReadOnlyList<Prediction>> Keep { get; init; } = (_, _) => { };

    /// <summary>Told how far it is.</summary>
    public IProgressSink? Progress { get; init; }

    /// <summary>Stops between steps.</summary>
    public CancellationToken Stop { get; init; }
}
