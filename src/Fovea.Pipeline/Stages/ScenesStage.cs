using Fovea.Data.Scenes;

namespace Fovea.Pipeline.Stages;

/// <summary>Writes a part of the built-in world as an ordinary corpus.</summary>
public sealed record ScenesStage : IStage
{
    /// <summary>What to draw.</summary>
    public required SceneSpec Spec { get; init; }

    /// <inheritdoc/>
    public string Kind => "scenes";

    /// <inheritdoc/>
    IReadOnlyCollection<string>? IStage.Outputs => [.. Spec.WithCaptions ? [SceneWorld.CaptionsFile] : Array.Empty<string>(), .. Spec.WithDialogues ? [SceneWorld.DialoguesFile] : Array.Empty<string>()];

    /// <inheritdoc/>
    long? IStage.Samples => Spec.NumScenes;

    /// <inheritdoc/>
    public void Check() => Spec.Validated();

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool IsIntact(string folder) => File.Exists(Path.Combine(folder, SceneAnnotations.WorldFile));

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        SceneCorpusWriter.Write(Spec, context.Out, context.Progress, context.Stop);
        return new JsonObject { ["scenes"] = Spec.NumScenes, ["split"] = Spec.Split };
    }
}

/// <summary>Writes the built-in world's tokenizer as Hugging Face files.</summary>
public sealed record TokenizerStage : IStage
{
    /// <inheritdoc/>
    public string Kind => "tokenizer";

    /// <inheritdoc/>
    IReadOnlyCollection<string>? IStage.Outputs => [];

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool IsIntact(string folder) => SceneTokenizer.Files.All(f => File.Exists(Path.Combine(folder, f)));

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        SceneTokenizer.Write(context.Out);
        return [];
    }
}
