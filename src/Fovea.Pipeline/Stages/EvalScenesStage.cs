using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Core.Results;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Fovea.Data.Templates;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Scenes;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Models.Guidance;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>Captions, grounding and questions on held-out scenes, and on scenes that contradict the bias.</summary>
public sealed record EvalScenesStage : IStage
{
    /// <summary>The model's folder.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>Folder of held-out scenes.</summary>
    [InputPath]
    public required string Scenes { get; init; }

    /// <summary>Folder of conflict scenes, if any.</summary>
    [InputPath]
    public string? Conflict { get; init; }

    /// <summary>Whether captions are generated and gold ones read.</summary>
    public bool Captions { get; init; } = true;

    /// <summary>Whether questions are asked.</summary>
    public bool Dialogues { get; init; } = true;

    /// <summary>Most new tokens of a caption.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>How answers to questions with images are decoded: a method and its settings, as <c>vcd@alpha=0.5</c>; absent: greedily and no more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Decode { get; init; }

    /// <summary>Records that may be unusable and are left out, listed and counted. Absent: by <see cref="OnBadSample"/>.</summary>
    public int? MaxInvalid { get; init; }

    /// <summary><c>stop</c> (the default) at the first unusable record past <see cref="MaxInvalid"/>, or <c>skip</c> any number of them.</summary>
    public OnBadSample? OnBadSample { get; init; }

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "eval_scenes";

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        DecodingChoice.Parse(Decode, catalogues);
        InvalidRecords.LimitOf(OnBadSample, MaxInvalid);
        ComputeDevice.Check(Device);
        if (MaxNewTokens < 1)
        {
            throw new FoveaException($"'max_new_tokens': expected at least 1, got {MaxNewTokens}");
        }
    }

    public double? Work(StageSizes sizes) => sizes.ParametersOf(Model) * (sizes.SamplesOf(Scenes) + (Conflict is null ? 0 : sizes.SamplesOf(Conflict)))
        * ((Captions ? 2 : 0) + (Dialogues ? 2 : 0));

    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Model("model", Model).Scenes("scenes", Scenes, images: true).Scenes("conflict", Conflict, images: true).ByRole;

    public JsonObject Run(StageContext context)
    {
        using var model = ModelFolder.Load(Model, new LoadOptions { Device = context.Device, Memory = context.MemoryLimit });
        var method = DecodingChoice.Parse(Decode, context.Catalogues);
        var (results, left) = (new List<EvalResult>(), new List<InvalidRecord>());
        foreach (var (folder, prefix) in new[] { (Scenes, ""), (Conflict, "conflict-") })
        {
            if (folder is not null)
            {
                results.AddRange(Evaluate(model, method, folder, prefix, context, left));
            }
        }

        return EvalResults.Write(context, results, left, method);
    }

    private IEnumerable<EvalResult> Evaluate(
        VisionLanguageModel model, DecodingMethod? method, string folder, string prefix, StageContext context, List<InvalidRecord> left)
    {
        var tokenizer = ModelFit.Tokenizer(Model);
        var processor = new ImageProcessor(ModelFit.Processor(Model));
        var invalid = new InvalidRecords(InvalidRecords.LimitOf(OnBadSample, MaxInvalid));
        ICorpus Open(string file) => CorpusFiles.Decodable(LlavaJsonCorpus.Open(Path.Combine(folder, file), folder, invalid), invalid, context.Stop);
        var (captions, dialogues) = (Captions ? Open(SceneWorld.CaptionsFile) : null, Dialogues ? Open(SceneWorld.DialoguesFile) : null);
        LeftOutRecords.List(invalid, context, "eval", prefix);
        left.AddRange(invalid.Records);
        return new[] { (SceneBenchmarks.Captions, captions), (SceneBenchmarks.Questions, dialogues) }.Where(b => b.Item2 is not null)
            .SelectMany(b => b.Item1.Run(
            new BenchmarkInput(b.Item2!, template => new ModelUnderTest(model, new SampleEncoder(tokenizer, TemplateChoice.Parse(template!)), processor, BatchSize: 32)
            {
                Method = method,
            })
            {
                Folder = folder,
                MaxNewTokens = MaxNewTokens,
                Keep = (name, predictions) => PredictionFile.Write(Path.Combine(context.Out, prefix + name + ".jsonl"), predictions),
                Progress = context.Progress,
                Stop = context.Stop,
            }));
    }
}
