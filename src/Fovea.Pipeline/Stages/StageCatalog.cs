namespace Fovea.Pipeline.Stages;

/// <summary>Stage kinds by name, for worker processes, and what people call them.</summary>
public static class StageCatalog
{
    private static readonly Dictionary<string, (Type Type, string Title)> Kinds = new(StringComparer.Ordinal)
    {
        ["scenes"] = (typeof(ScenesStage), "scenes"),
        ["tokenizer"] = (typeof(TokenizerStage), "tokenizer"),
        ["folds"] = (typeof(FoldsStage), "fold assignment"),
        ["split"] = (typeof(SplitStage), "split"),
        ["train"] = (typeof(TrainStage), "training"),
        ["score_prior"] = (typeof(ScorePriorStage), "PRIOR scores"),
        ["score_vig"] = (typeof(ScoreVigStage), "VIG scores"),
        ["import_scores"] = (typeof(ImportScoresStage), "imported scores"),
        ["select"] = (typeof(SelectStage), "weights"),
        ["ask"] = (typeof(AskStage), "answers to questions"),
        ["eval"] = (typeof(EvalStage), "evaluation"),
        ["eval_scenes"] = (typeof(EvalScenesStage), "evaluation on scenes"),
        ["token_scores"] = (typeof(TokenScoresStage), "token scores by word class"),
        ["eval_corpus"] = (typeof(EvalCorpusStage), "evaluation on a corpus"),
        ["eval_photographs"] = (typeof(EvalPhotographsStage), "evaluation on photographs"),
        ["stored_words"] = (typeof(StoredWordsStage), "stored scores by class of word"),
        ["score_agreement"] = (typeof(ScoreAgreementStage), "agreement of PRIOR and VIG"),
        ["vig_questions"] = (typeof(VigQuestionsStage), "VIG of questions' right answers"),
        ["word_scores"] = (typeof(WordScoresStage), "word scores"),
    };

    /// <summary>The kinds.</summary>
    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    /// <summary>The record that a kind's configuration is read into.</summary>
    /// <exception cref="FoveaException">There is no such kind.</exception>
    public static Type TypeOf(string kind) => Kinds.TryGetValue(kind, out var known)
        ? known.Type
        : throw new FoveaException($"stage kind '{kind}': not known to this version");

    /// <summary>A stage from its kind and configuration.</summary>
    public static IStage Create(string kind, JsonObject config)
    {
        var type = TypeOf(kind);
        var settings = (JsonObject)config.DeepClone();
        settings.Remove("kind");
        return (IStage)settings.Deserialize(type, StageManifest.Json)!;
    }

    /// <summary>Whether a kind's artefact is a score store.</summary>
    public static bool IsStore(string kind) => kind is "score_prior" or "score_vig" or "import_scores";

    /// <summary>What a kind's artefact is called where people read it, e.g. <c>VIG scores</c>.</summary>
    public static string TitleOf(string kind) => Kinds.TryGetValue(kind, out var known) ? known.Title : kind;
}
