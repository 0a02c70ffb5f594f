using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Scores;

/// <summary>The corpus and the model that a store was scored from, by the <c>stage.json</c> beside it: for what a store itself does not hold (questions, images).</summary>
/// <param name="Data">The corpus files.</param>
/// <param name="Model">The scoring model's folder.</param>
/// <param name="Template">How samples were rendered.</param>
public sealed record StoreOrigin(IReadOnlyList<DataSource> Data, string Model, string Template)
{
    /// <summary>Reads it.</summary>
    /// <param name="store">The store's folder.</param>
    /// <exception cref="FoveaException">The folder does not say, e.g. because the store was made elsewhere.</exception>
    public static StoreOrigin Of(string store)
    {
        var manifest = StageManifest.Read(store) ?? throw new InvalidInputException(store, null, $"{StageManifest.FileName} is missing, so the corpus is not known");
        return StageCatalog.Create(manifest.Kind, manifest.Config) switch
        {
            ScoreVigStage vig => new StoreOrigin(vig.Data, vig.Model, vig.Template),
            ScorePriorStage prior => new StoreOrigin(prior.Data, prior.Models[0], prior.Template),
            _ => throw new InvalidInputException(store, null, $"made by {manifest.Kind}, not by scoring"),
        };
    }

    /// <summary>The corpus, with bad records left out as scoring leaves them out.</summary>
    /// <exception cref="FoveaException">It is not where it was.</exception>
    public ICorpus OpenCorpus() => CorpusFiles.Open(Data, new InvalidRecords(int.MaxValue));
}
