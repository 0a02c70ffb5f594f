using Fovea.Core.Extending;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Scenes;

namespace Fovea.Evaluation;

/// <summary>The evaluations.</summary>
public static class Benchmarks
{
    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<Benchmark> BuiltIn { get; } = new("benchmark", [CaptionNll.Benchmark, AttentionByLayer.Benchmark, ImageTriples.Benchmark, VigByWord.Benchmark, SceneBenchmarks.Captions, SceneBenchmarks.Questions]);
}
