using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Models.Checkpoints;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Fovea.Training.Checkpoints;
using Fovea.Training.Options;

namespace Fovea.Pipeline.Stages;

/// <summary>One training run, as <c>fovea train</c> reads it from a configuration: where the model begins, what it reads, how it trains.</summary>
public sealed partial record TrainStage : IStage
{
    /// <summary>A model folder to start from; or else <see cref="Preset"/>.</summary>
    [InputPath]
    public string? Model { get; init; }

    /// <summary>A model from scratch; or else <see cref="Model"/>.</summary>
    public PresetChoice? Preset { get; init; }

    /// <summary>A text LM's folder whose decoder a preset starts from.</summary>
    [InputPath]
    public string? DecoderFrom { get; init; }

    /// <summary>Folder of the tokenizer's files; absent: the model's own.</summary>
    [InputPath]
    public string? Tokenizer { get; init; }

    /// <summary>How samples are rendered, as in <c>fovea score --template</c>: weights are good under the template that they were scored under.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>What to train on.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>
    /// What to evaluate on during training (see <see cref="TrainingOptions.EvalEvery"/>), and at the end of a text-only run beside the training data.
    /// </summary>
    public IReadOnlyList<DataSource> HeldOut { get; init; } = [];

    /// <summary>With or without images.</summary>
    public CorpusView View { get; init; }

    /// <summary>Weights that a selection wrote: its folder or file; absent: plain next-token prediction.</summary>
    [InputPath]
    public string? Weights { get; init; }

    /// <summary>
    /// Records that may be unusable and are left out, listed and counted; what the weights mark as invalid does not count. Absent: by
    /// <see cref="OnBadSample"/>.
    /// </summary>
    public int? MaxInvalid { get; init; }

    /// <summary><c>stop</c> (the default) at the first unusable record past <see cref="MaxInvalid"/>, or <c>skip</c> any number of them.</summary>
    public OnBadSample? OnBadSample { get; init; }

    /// <summary>For a reference of cross-fitting: the fold assignment that 'fovea folds' wrote, its folder or file; absent: trained on all samples.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [InputPath]
    public string? Folds { get; init; }

    /// <summary>The fold that this reference must not see, from 0; required with <see cref="Folds"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? LeaveOutFold { get; init; }

    /// <summary>An adapter to train in place of the model; absent: the model itself.</summary>
    public LoraChoice? Lora { get; init; }

    /// <summary>How to train.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "train";

    IReadOnlyCollection<string>? IStage.Outputs =>
    [
        .. from end in (string[])["", .. Training.KeepBest ? ["-best"] : Array.Empty<string>(), .. Training.EmaDecay is null ? Array.Empty<string>() : ["-ema"]]
           from name in (string[])[.. Lora is null ? Array.Empty<string>() : ["adapter"], .. Lora is { Merge: false } ? Array.Empty<string>() : ["model"]]
           select name + end,
        .. (Training.ModelsAt ?? []).Select(step => (Lora is null ? "model" : "adapter") + TrainingOptions.SuffixAt(step)),
    ];

    public double? Work(StageSizes sizes) => 3 * Parameters(sizes)
        * (Training.Steps * (double?)Training.BatchSize ?? (Training.Epochs ?? 1) * sizes.SamplesOf(Data));

    /// <remarks>
    /// Float32: weights; where all of them are trained also gradients and AdamW's two moments. What is trained in part adds less, which is not counted.
    /// </remarks>
    public double? Memory(StageSizes sizes) => Parameters(sizes) * sizeof(float)
        * (Lora is null && Training.Trainable.Contains("*") && Training.Frozen.Count == 0 ? 4 : 1);

    private double? Parameters(StageSizes sizes) => Model is { } folder ? sizes.ParametersOf(folder) : sizes.ParametersOf(Preset!, Tokenizer);

    private string TokenizerFolder => Tokenizer ?? Model ?? throw new FoveaException("'tokenizer' is missing: a preset has no tokenizer");

    private string? WeightsPath => Weights is { } w ? SelectStage.WeightsOf(w) : null;

    public SortedDictionary<string, string> HashInputs(InputHasher hasher)
    {
        var inputs = new InputHashes(hasher).File("tower", Preset?.Tower?.Onnx).File("weights", WeightsPath).Folds(Folds).Tokenizer(TokenizerFolder)
            .Add("template", Template == TemplateChoice.Checkpoint ? ModelParts.OfTemplate(TokenizerFolder, hasher) : null)
            .Model("model", Model).Model("decoder_from", DecoderFrom)
            .Add("adapter", Lora?.Adapter is { } adapter ? ModelParts.OfAdapter(adapter, hasher) : null)
            .Data("data", Data).Data("held_out", HeldOut);
        return (View == CorpusView.Image ? inputs.Images("data", Data).Images("held_out", HeldOut) : inputs).ByRole;
    }

    /// <remarks>A run is extended to more steps where its past does not depend on their number.</remarks>
    public JsonObject AsBegun(string folder, JsonObject before, JsonObject now)
    {
        if (before["training"] is not JsonObject training || training.Deserialize<TrainingOptions>(StageManifest.Json) is not { } was
            || !RunExtension.IsAskedFor(was, Training))
        {
            return now;
        }

        var begun = now.DeepClone().AsObject();
        foreach (var key in TrainingOptions.ExtensionKeys)
        {
            begun["training"]![key] = training[key]?.DeepClone();
        }

        if (JsonNode.DeepEquals(DataSource.WithoutPlaces(begun), DataSource.WithoutPlaces(before)))
        {
            RunExtension.Check(folder, was, Training);
        }

        return begun;
    }

    public void CheckGiven(StageSizes sizes)
    {
        sizes.CheckTokenizer(TokenizerFolder);
        if (sizes.IsGiven(Model))
        {
            var names = ModelInspection.Read(Model).Names;
            if (Lora is null)
            {
                Training.CheckNames(names);
            }
            else
            {
                Lora.CheckNames(names);
            }
        }
    }

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        TemplateChoice.Check(Template, catalogues.Templates);
        ComputeDevice.Check(Device);
        Training.Validate();
        Lora?.Validate();
        DataSource.Check(Data);
        DataSource.Check(HeldOut, "held_out");
        InvalidRecords.LimitOf(OnBadSample, MaxInvalid);
        if ((Model is null) == (Preset is null))
        {
            throw new FoveaException("expected exactly one of 'model' and 'preset'");
        }

        if (Preset is { } preset)
        {
            preset.Tower?.Validate();
            ModelPresets.Check(preset.Name, preset.Sizes, preset.Tower);
            _ = TokenizerFolder;
        }

        if ((Folds is null) != (LeaveOutFold is null))
        {
            throw new FoveaException(Folds is null
                ? "'folds' is missing: 'leave_out_fold' names a fold of the assignment that 'fovea folds' wrote"
                : "'leave_out_fold' is missing: the fold of 'folds' that this reference must not see, from 0");
        }
    }
}
