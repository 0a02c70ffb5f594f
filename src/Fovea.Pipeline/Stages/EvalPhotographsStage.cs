using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Running;
using Fovea.Models.Checkpoints;
using Fovea.Torch;

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

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "eval_photographs";

    public void Check() => ComputeDevice.Check(Device);

    public double? Work(StageSizes sizes) => sizes.ParametersOf(Model) * sizes.SamplesOf(HeldOut) * 3; // right image, another's, none

    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", HeldOut).Models([Model]).Images("data", HeldOut).ByRole;

    public JsonObject Run(StageContext context)
    {
        var corpus = TokenizedCorpus.Open(HeldOut, Model, CorpusView.Image, stop: context.Stop);
        using var model = ModelFolder.Load(Model, new LoadOptions { Device = context.Device, Memory = context.MemoryLimit });
        var result = CaptionNll.Evaluate(new ModelUnderTest(model, corpus.Encoder, new ImageProcessor(ModelFit.Processor(Model))), corpus.Corpus,
            Seed, context.Progress);
        return EvalResults.Write(context, result);
    }
}
