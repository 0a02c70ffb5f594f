using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Images;
using Fovea.Data.Templates;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Asking;
using Fovea.Evaluation.Running;
using Fovea.Models.Checkpoints;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>VIG of the right answers to benchmarks' questions: how far each benchmark needs its images.</summary>
public sealed record VigQuestionsStage : IStage
{
    /// <summary>The model's folder.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>A file of questions with their right answers, or a folder of files, e.g. one of each benchmark.</summary>
    [InputPath]
    public required string Questions { get; init; }

    /// <summary>Folder of their images; absent: the files' own.</summary>
    [InputPath]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Images { get; init; }

    /// <summary>Put behind each question that does not end in it, as it is.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>How questions are rendered; <c>auto</c> by the model's family.</summary>
    public string Template { get; init; } = TemplateChoice.Auto;

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "vig_questions";

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        TemplateChoice.Check(Template, catalogues.Templates);
        ComputeDevice.Check(Device);
    }

    public double? Memory(StageSizes sizes) => sizes.BytesOf(Model);

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => AskStage.HashesOf(hasher, Model, Questions, Read());

    public JsonObject Run(StageContext context)
    {
        var (questions, tokenizer) = (Read(), ModelFit.Tokenizer(Model));
        using var model = ModelFolder.Load(Model, new LoadOptions { Mapped = true, Device = context.Device, Memory = context.MemoryLimit });
        var encoder = new SampleEncoder(tokenizer, TemplateChoice.ForModel(Template, Model, tokenizer, context.Catalogues.Templates));
        var subject = new ModelUnderTest(model, encoder, model.SeesImages ? new ImageProcessor(ModelFit.Processor(Model)) : null);
        var values = EvalResults.Write(context, VigOfQuestions.Evaluate(subject, questions, context.Progress, context.Stop));
        values["without_image"] = questions.Count(q => q.Sample.Images.Count == 0);
        return values;
    }

    private IReadOnlyList<AskedQuestion> Read() => QuestionFile.Read(Questions, Images, Suffix, []);
}
