using Fovea.Core.Extending;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Evaluation.Running;
using Fovea.Models.Checkpoints;
using Fovea.Models.Guidance;
using Fovea.Scoring.Proxies;
using Fovea.Selection;

namespace Fovea.Pipeline;

/// <summary>
/// All that a chain can ask for by name. Immutable: <c>Catalogues.BuiltIn with { Selectors = Selectors.BuiltIn.With(mine) }</c> is handed to
/// stages in their <see cref="Stages.StageContext"/> (docs/extending.md).
/// </summary>
public sealed record Catalogues
{
    /// <summary>What Fovea has.</summary>
    public static Catalogues BuiltIn { get; } = new();

    /// <summary>Methods of selection.</summary>
    public Catalogue<SelectorDefinition> Selectors { get; init; } = Fovea.Selection.Selectors.BuiltIn;

    /// <summary>Forms of corpus files.</summary>
    public Catalogue<CorpusFormat> Formats { get; init; } = CorpusFormats.BuiltIn;

    /// <summary>Chat templates.</summary>
    public Catalogue<ChatTemplate> Templates { get; init; } = ChatTemplates.BuiltIn;

    /// <summary>Evaluations.</summary>
    public Catalogue<Benchmark> Benchmarks { get; init; } = Fovea.Evaluation.Benchmarks.BuiltIn;

    /// <summary>Decoding methods.</summary>
    public Catalogue<DecodingDefinition> Decoding { get; init; } = DecodingMethods.BuiltIn;

    /// <summary>Families of models.</summary>
    public Catalogue<ModelFamily> Families { get; init; } = ModelFamilies.BuiltIn;

    /// <summary>Visionless proxies.</summary>
    public Catalogue<ProxyDefinition> Proxies { get; init; } = VisionlessProxies.BuiltIn;
}
