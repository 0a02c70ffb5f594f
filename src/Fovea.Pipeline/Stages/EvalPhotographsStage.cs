using System.Text.Json.Nodes;
using Fovea.Core.Provenance;
using Fovea.Data.Images;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Running;
using Fovea.Models.Checkpoints;

namespace Fovea.Pipeline.Stages;

/// <summary>NLL of held-out captions with the right image, another's and none.</summary>
public sealed record EvalPhotographsStage : IStage
{
    /// <summary>The model's folder.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>Captions of photographs that were not trained on.</summary>
    public required IReadOnlyList<DataSource> HeldOut { get; init; }

    /// <summary>Decides whose image is the other one.</summary>
    public long Seed { get; init; }

    /// <inheritdoc/>
    public string Kind => "eval_photographs";

    /// <inheritdoc/>
    public double? Work(StageSizes sizes) => sizes.ParametersOf(Model) * sizes.SamplesOf(HeldOut) * 3; // right image, another's, none

    /// <inheritdoc/>
    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    /// <inheritdoc/>
    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model);

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs(InputHasher hasher)
    {
        var hashes = ScoreStore.HashInputs([Model], HeldOut, hasher);
        InputHashes.AddImages(hashes, "data", HeldOut, hasher);
        return hashes;
    }

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        var corpus = TokenizedCorpus.Open(HeldOut, Model, CorpusView.Image, stop: context.Stop);
        using var model = ModelFolder.Load(Model, new LoadOptions { Memory = context.MemoryLimit });
        var result = CaptionNll.Evaluate(new ModelUnderTest(model, corpus.Encoder, new ImageProcessor(ModelFit.Processor(Model))), corpus.Corpus, Seed, context.Progress);
        EvalResultFile.Write(Path.Combine(context.Out, "caption_nll.result.json"), result);
        return EvalStages.Values(result);
    }
}

/// <summary>What evaluation stages share.</summary>
public static class EvalStages
{
    /// <summary>Each metric's value, for the manifest; null without data.</summary>
    public static JsonObject Values(params IEnumerable<Core.Results.EvalResult> results)
    {
        var values = new JsonObject();
        foreach (var metric in results.SelectMany(r => r.Metrics))
        {
            values[metric.Name] = metric.Count > 0 ? metric.Value : null;
        }

        return values;
    }

    /// <summary>Hashes of score stores' manifests.</summary>
    public static IEnumerable<(string Role, string File)> Stores(params IEnumerable<(string Role, string Folder)> stores) =>
        stores.Select(s => (s.Role, Path.Combine(s.Folder, Fovea.Store.ScoreStoreReader.ManifestFile)));
}
