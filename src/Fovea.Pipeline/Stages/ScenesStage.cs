using Fovea.Data.Scenes;

namespace Fovea.Pipeline.Stages;

/// <summary>Writes a part of the built-in world as an ordinary corpus.</summary>
public sealed record ScenesStage : IStage
{
    /// <summary>What to draw.</summary>
    public required SceneSpec Spec { get; init; }

    public string Kind => "scenes";

    IReadOnlyCollection<string>? IStage.Outputs => [.. Spec.WithCaptions ? [SceneWorld.CaptionsFile] : Array.Empty<string>(),
        .. Spec.WithDialogues ? [SceneWorld.DialoguesFile] : Array.Empty<string>()];

    long? IStage.Samples => Spec.NumScenes;

    public void Check() => Spec.Validated();

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => new(StringComparer.Ordinal);

    public bool IsIntact(string folder) => File.Exists(Path.Combine(folder, SceneAnnotations.WorldFile));

    public JsonObject Run(StageContext context)
    {
        SceneCorpusWriter.Write(Spec, context.Out, context.Progress, context.Stop);
        return new JsonObject { ["scenes"] = Spec.NumScenes, ["split"] = Spec.Split };
    }
}

/// <summary>Writes the built-in world's tokenizer as Hugging Face files.</summary>
public sealed record TokenizerStage : IStage
{
    public string Kind => "tokenizer";

    IReadOnlyCollection<string>? IStage.Outputs => [];

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => new(StringComparer.Ordinal);

    public bool IsIntact(string folder) => SceneTokenizer.Files.All(f => File.Exists(Path.Combine(folder, f)));

    public JsonObject Run(StageContext context)
    {
        SceneTokenizer.Write(context.Out);
        return [];
    }
}
