using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Running;
using Fovea.Models.Checkpoints;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>Any evaluation of the catalogue, on a corpus of the user's.</summary>
public sealed record EvalStage : IStage
{
    /// <summary>The evaluation's name.</summary>
    public required string Benchmark { get; init; }

    /// <summary>The model's folder.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>The corpus.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>How samples are rendered where the evaluation does not say; <c>auto</c> as training does it.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>Of whatever the evaluation draws.</summary>
    public long Seed { get; init; }

    /// <summary>Most tokens of a generated text.</summary>
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

    public string Kind => "eval";

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        var benchmark = catalogues.Benchmarks.Get(Benchmark);
        if (DecodingChoice.Parse(Decode, catalogues) is not null && !benchmark.Generates)
        {
            throw new UsageException($"decode: '{benchmark.Name}' reads texts that are given and writes none; leave decode out");
        }

        TemplateChoice.Check(Template, catalogues.Templates);
        DataSource.Check(Data);
        ComputeDevice.Check(Device);
        InvalidRecords.LimitOf(OnBadSample, MaxInvalid);
        if (MaxNewTokens < 1)
        {
            throw new UsageException($"max_new_tokens: expected at least 1, got {MaxNewTokens}");
        }
    }

    /// <remarks>Of an evaluation that reads each sample once; one that generates takes more.</remarks>
    public double? Work(StageSizes sizes) => sizes.ParametersOf(Model) * sizes.SamplesOf(Data);

    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", Data).Models([Model]).Images("data", Data).ByRole;

    public JsonObject Run(StageContext context)
    {
        var benchmark = context.Catalogues.Benchmarks.Get(Benchmark);
        var tokenizer = ModelFit.Tokenizer(Model);
        var method = DecodingChoice.Parse(Decode, context.Catalogues);
        var invalid = new InvalidRecords(InvalidRecords.LimitOf(OnBadSample, MaxInvalid));
        var corpus = CorpusFiles.Decodable(CorpusFiles.Open(Data, invalid), invalid, context.Stop);
        LeftOutRecords.List(invalid, context, "eval");
        using var model = ModelFolder.Load(Model, new LoadOptions { Device = context.Device, Memory = context.MemoryLimit });
        var processor = model.SeesImages ? new ImageProcessor(ModelFit.Processor(Model)) : null;
        var results = benchmark.Run(new BenchmarkInput(corpus, template => new ModelUnderTest(
            model, new SampleEncoder(tokenizer, TemplateChoice.ForScores(template ?? Template, Model, tokenizer, context.Catalogues.Templates)), processor)
        {
            Method = method,
        })
        {
            Folder = Path.GetDirectoryName(Path.GetFullPath(Data[0].File))!,
            Seed = Seed,
            MaxNewTokens = MaxNewTokens,
            Keep = (name, predictions) => PredictionFile.Write(Path.Combine(context.Out, name + ".jsonl"), predictions),
            Progress = context.Progress,
            Stop = context.Stop,
        }).ToList();
        return EvalResults.Write(context, results, invalid.Records, method);
    }
}
