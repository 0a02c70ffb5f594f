using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Scoring;
using Fovea.Scoring.Folds;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>PRIOR's scores: log p_ref of every target, under one text-only reference or, with folds, under the one that did not see the sample.</summary>
public sealed record ScorePriorStage : IStage
{
    /// <summary>Model folders: one, or with <see cref="Folds"/> one per fold in their order.</summary>
    [InputPath]
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The corpus.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>The fold assignment that the references were trained against, its folder or file; absent: one reference scores all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [InputPath]
    public string? Folds { get; init; }

    /// <summary>Shards, windows and batches.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>How samples are rendered; <c>auto</c> as training does it.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>In which type the model computes: <c>auto</c>, <c>f32</c> or <c>bf16</c>.</summary>
    public DType Dtype { get; init; }

    /// <summary>Whether a store that is complete is held to the corpus and its images again, sample by sample.</summary>
    [JsonIgnore]
    public bool CheckAgain { get; init; }

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "score_prior";

    IReadOnlyCollection<string>? IStage.Outputs => [];

    public double? Work(StageSizes sizes) => sizes.ParametersOf(Models[0]) * sizes.SamplesOf(Data);

    public double? Memory(StageSizes sizes) => Models.Aggregate((double?)0, (sum, model) => sum + sizes.BytesOf(model));

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        TemplateChoice.Check(Template, catalogues.Templates);
        OptionCheck.Require(Enum.IsDefined(Dtype), "dtype", "auto, f32 or bf16", Dtype);
        ComputeDevice.Check(Device);
        DataSource.Check(Data);
        Scoring.Validate();
        OptionCheck.Require(!Scoring.Kl, "scoring.kl", "false: a text-only reference has no image to compare with", Scoring.Kl);
        if (Models.Count != 1 && Folds is null)
        {
            throw new UsageException($"--model: expected one reference, got {Models.Count}; several score together only with --folds, one for each fold");
        }
    }

    public void CheckGiven(StageSizes sizes) => Models.ToList().ForEach(m => sizes.CheckGiven(m, readsImages: false));

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", Data).Models(Models).Folds(Folds).ByRole;

    public bool IsIntact(string folder) => !CheckAgain && ScoringStages.IsIntact(folder);

    public JsonObject Run(StageContext context)
    {
        var folds = Folds is null ? null : FoldsFile.Read(Folds);
        if (folds is not null)
        {
            folds.Require(Data.Select(d => (d.Source, d.File)), toBeScored: true);
            LeftOutFold.RequireAll(Models, folds);
        }

        var corpus = ScoringCorpus.Open(Data, Models[0], CorpusView.TextOnly, Template, new InvalidRecords(Scoring.MaxInvalid), context.Catalogues.Templates);
        var models = new List<VisionLanguageModel>();
        try
        {
            models.AddRange(Models.Select(m => ScoringModel.Load(m, Dtype, context.Device, context.MemoryLimit)));
            if (models[0].SeesImages)
            {
                context.Progress.Tell("load", 0, 1, $"{Models[0]}: a vision-language model, used here without its images as the text-only reference");
            }

            var scorer = folds is null
                ? new PriorScorer(models[0], Scoring)
                : new PriorScorer([.. models.Zip(Models, (model, folder) => new FoldReference(model, folder, LeftOutFold.Read(folder)))], folds, Scoring);
            return ScoringStages.Score(scorer, corpus, models[0], context);
        }
        finally
        {
            models.ForEach(m => m.Dispose());
        }
    }
}
