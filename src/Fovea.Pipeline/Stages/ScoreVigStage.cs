using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Scoring;
using Fovea.Scoring.Proxies;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>VIG's scores: log p of every target with the image, and with each visionless proxy.</summary>
public sealed record ScoreVigStage : IStage
{
    /// <summary>The aligned model's folder.</summary>
    [InputPath]
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
    public DType Dtype { get; init; }

    /// <summary>Whether a store that is complete is held to the corpus and its images again, sample by sample.</summary>
    [JsonIgnore]
    public bool CheckAgain { get; init; }

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "score_vig";

    IReadOnlyCollection<string>? IStage.Outputs => [];

    public double? Work(StageSizes sizes) => sizes.ParametersOf(Model) * sizes.SamplesOf(Data) * (1 + Proxies.Count);

    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        TemplateChoice.Check(Template, catalogues.Templates);
        if (Proxies.DistinctBy(p => catalogues.Proxies.Parse(p).Condition).Count() < Proxies.Count)
        {
            throw new UsageException($"proxies: expected each once, got {string.Join(", ", Proxies)}");
        }

        OptionCheck.Require(Enum.IsDefined(Dtype), "dtype", "auto, f32 or bf16", Dtype);
        ComputeDevice.Check(Device);
        DataSource.Check(Data);
        Scoring.Validate();
    }

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    /// <remarks>Images are not among them: the store holds a hash of each sample's, which must agree where it is continued, joined or trained on.</remarks>
    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", Data).Models([Model]).ByRole;

    /// <remarks>Proxies are added to a store that has others.</remarks>
    public JsonObject AsBegun(string folder, JsonObject before, JsonObject now)
    {
        if (before["proxies"] is not JsonArray held || !held.All(p => Proxies.Contains((string?)p)))
        {
            return now;
        }

        var begun = now.DeepClone().AsObject();
        begun["proxies"] = held.DeepClone();
        return begun;
    }

    public bool IsIntact(string folder) => !CheckAgain && ScoringStages.IsIntact(folder);

    public JsonObject Run(StageContext context)
    {
        var corpus = ScoringCorpus.Open(Data, Model, CorpusView.Image, Template, new InvalidRecords(Scoring.MaxInvalid), context.Catalogues.Templates);
        corpus.CheckImages(context.Stop);
        using var model = ScoringModel.Load(Model, Dtype, context.Device, context.MemoryLimit);
        return Score(model, corpus, context);
    }

    /// <summary>Scores a corpus that is open already into <paramref name="context"/>'s folder.</summary>
    internal JsonObject Score(VisionLanguageModel model, ScoringCorpus corpus, StageContext context)
    {
        if (corpus.Corpus.Samples.All(s => s.Images.Count == 0))
        {
            context.Progress.Tell("score", 0, 1, "no sample has an image: there is nothing that VIG could score");
        }

        var images = ImageHome.Loader(Model, corpus.Corpus);
        var options = new VigScorerOptions
        {
            Proxies = [.. Proxies.Select(context.Catalogues.Proxies.Parse)],
            ImageThreads = context.ImageThreads,
            ImageHash = new ImageHashes(corpus.Corpus, context.Hasher).Of,
        };
        return ScoringStages.Score(new VigScorer(model, images, options, Scoring), corpus, model, context);
    }
}
