using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;

namespace Fovea.Pipeline.Stages;

/// <summary>Stage kinds by name, for worker processes.</summary>
public static class StageCatalog
{
    private static readonly Dictionary<string, Type> Kinds = new(StringComparer.Ordinal)
    {
        ["scenes"] = typeof(ScenesStage),
        ["tokenizer"] = typeof(TokenizerStage),
        ["folds"] = typeof(FoldsStage),
        ["train"] = typeof(TrainStage),
        ["score_prior"] = typeof(ScorePriorStage),
        ["score_vig"] = typeof(ScoreVigStage),
        ["select"] = typeof(SelectStage),
        ["eval_scenes"] = typeof(EvalScenesStage),
        ["token_scores"] = typeof(TokenScoresStage),
        ["eval_photographs"] = typeof(EvalPhotographsStage),
        ["word_scores"] = typeof(WordScoresStage),
    };

    /// <summary>A stage from its kind and configuration.</summary>
    public static IStage Create(string kind, JsonObject config)
    {
        if (!Kinds.TryGetValue(kind, out var type))
        {
            throw new FoveaException($"stage kind '{kind}': not known to this version");
        }

        var settings = (JsonObject)config.DeepClone();
        settings.Remove("kind");
        return (IStage)settings.Deserialize(type, StageManifest.Json)!;
    }
}
