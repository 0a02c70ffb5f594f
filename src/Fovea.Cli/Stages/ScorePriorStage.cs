using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Models;
using Fovea.Scoring;
using Fovea.Scoring.Folds;

namespace Fovea.Cli.Stages;

/// <summary>PRIOR's scores: log p_ref of every target, under one text-only reference or, with folds, under the one that did not see the sample.</summary>
internal sealed record ScorePriorStage : IStage
{
    /// <summary>Model folders: one, or one a fold.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The corpus.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Number of folds; below 2, one reference scores all.</summary>
    public int Folds { get; init; }

    /// <summary>Seed of the assignment to folds, as in training.</summary>
    public long FoldSeed { get; init; }

    /// <summary>Shards, windows and batches.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>How samples are rendered; <c>auto</c> as training does it.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>In which type the model computes: <c>auto</c>, <c>f32</c> or <c>bf16</c>.</summary>
    public string Dtype { get; init; } = ScoringModel.Auto;

    /// <summary>Whether a store that is complete is held to the corpus and its images again, sample by sample.</summary>
    [JsonIgnore]
    public bool CheckAgain { get; init; }

    /// <inheritdoc/>
    public string Kind => "score_prior";

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs() => ScoreStore.HashInputs(Models, Data);

    /// <inheritdoc/>
    public bool IsIntact(string folder) => !CheckAgain && ScoreStore.IsIntact(folder);

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        var corpus = ScoringCorpus.Open(Data, Models[0], CorpusView.TextOnly, Template, Scoring.MaxInvalid);
        var models = new List<VisionLanguageModel>();
        try
        {
            models.AddRange(Models.Select(m => ScoringModel.Load(m, Dtype, context.MemoryLimit)));
            var scorer = Folds >= 2
                ? new PriorScorer(models, FoldAssignment.ByImage(corpus.Corpus.Samples, Folds, FoldSeed), Scoring)
                : new PriorScorer(models[0], Scoring);
            return ScoreStore.Score(scorer, corpus, models[0], HashInputs(), context);
        }
        finally
        {
            models.ForEach(m => m.Dispose());
        }
    }
}

/// <summary>VIG's scores: log p of every target with the image, and with each visionless proxy.</summary>
internal sealed record ScoreVigStage : IStage
{
    /// <summary>The aligned model's folder.</summary>
    public required string Model { get; init; }

    /// <summary>The corpus.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Proxies, e.g. <c>blur@7.5</c> or <c>none</c>; none of them: the image alone, to be joined with a reference's store.</summary>
    public required IReadOnlyList<string> Proxies { get; init; }

    /// <summary>Shards, windows and batches.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>How samples are rendered; <c>auto</c> as training does it.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>In which type the model computes: <c>auto</c>, <c>f32</c> or <c>bf16</c>.</summary>
    public string Dtype { get; init; } = ScoringModel.Auto;

    /// <summary>Whether a store that is complete is held to the corpus and its images again, sample by sample.</summary>
    [JsonIgnore]
    public bool CheckAgain { get; init; }

    /// <inheritdoc/>
    public string Kind => "score_vig";

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs() => ScoreStore.HashInputs([Model], Data);

    /// <inheritdoc/>
    public bool IsIntact(string folder) => !CheckAgain && ScoreStore.IsIntact(folder);

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        var corpus = ScoringCorpus.Open(Data, Model, CorpusView.Image, Template, Scoring.MaxInvalid);
        using var model = ScoringModel.Load(Model, Dtype, context.MemoryLimit);
        var images = ImageHome.Loader(Model, corpus.Corpus);
        var options = new VigScorerOptions
        {
            Proxies = [.. Proxies.Select(Fovea.Scoring.Proxies.VisionlessProxy.Parse)],
            ImageHash = new ImageHashes(Data).Of,
        };
        return ScoreStore.Score(new VigScorer(model, images, Fovea.Data.Images.GaussianBlur.Apply, options, Scoring), corpus, model, HashInputs(), context);
    }
}
