using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Fovea.Data.Tokenizers;
using Fovea.Models;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// What a model folder holds beside the model: tokenizer and chat template files, the image processor's settings, and whatever else it came with.
/// </summary>
/// <param name="TokenizerFolder">Where tokenizer and template come from.</param>
/// <param name="SourceFolder">The model's folder before training; null for a preset.</param>
/// <param name="ProcessorConfig">The image processor; null for a text-only model.</param>
/// <param name="ProcessorJson">A preset's <c>processor_config.json</c>; null for other models.</param>
public sealed record ModelCompanions(string TokenizerFolder, string? SourceFolder, ImageProcessorConfig? ProcessorConfig, string? ProcessorJson)
{
    private const string Preprocessor = DecisiveFiles.PreprocessorConfig, WholeProcessor = DecisiveFiles.ProcessorConfig;

    /// <summary>No side file is larger than this; what is, is a weight under a false name.</summary>
    private const long MostBytes = 64L << 20;

    // Known by name: a folder from outside may hold anything, and a pickle must not travel on.
    private static readonly string[] SideFiles = [DecisiveFiles.GenerationConfig, Preprocessor, WholeProcessor, "video_preprocessor_config.json", "LICENSE",
        "LICENSE.txt", "LICENSE.md", "NOTICE", "NOTICE.txt", "USE_POLICY.md"];

    /// <summary>The image processor; null for a text-only model.</summary>
    public IImageProcessor? Processor => ProcessorConfig is { } config ? new ImageProcessor(config) : null;

    /// <summary>Those of a model: the folder's own where it was loaded from one, else what its sizes ask for.</summary>
    public static ModelCompanions For(VisionLanguageModel model, string tokenizerFolder, string? modelFolder, PresetChoice? from) =>
        new(tokenizerFolder, modelFolder, model switch
        {
            _ when !model.SeesImages => null,
            _ when modelFolder is not null => ModelFit.Processor(modelFolder),
            LlavaModel llava when from?.Tower is { } tower => ImageProcessorConfig.Clip(llava.Config.Vision.ImageSize) with
            {
                Mean = tower.ImageMean ?? ImageProcessorConfig.ImageNetMean,
                Std = tower.ImageStd ?? ImageProcessorConfig.ImageNetStd,
            },
            LlavaModel llava => ImageProcessorConfig.Clip(llava.Config.Vision.ImageSize),
            SoloModel solo => ImageProcessorConfig.Solo(solo.Config.PatchSize, from?.Sizes?.ImageSize ?? SceneWorld.ImagePixels),
            _ => null,
        }, modelFolder is null && model is LlavaModel preset ? LlavaProcessor(preset) : null);

    /// <summary>Writes them beside the model.</summary>
    public void Write(string modelFolder)
    {
        Copy(TokenizerFolder, modelFolder, DecisiveFiles.Tokenizer.Concat(DecisiveFiles.Template));
        if (SourceFolder is { } source)
        {
            Copy(source, modelFolder, SideFiles);
        }

        if (ProcessorJson is { } processor)
        {
            AtomicFile.WriteText(Path.Combine(modelFolder, WholeProcessor), processor);
        }

        // A source may keep its image processor in another file, which is copied and says the same.
        if (ProcessorConfig is { } config && !Array.Exists([Preprocessor, WholeProcessor],
            f => SourceFolder is not null && File.Exists(Path.Combine(SourceFolder, f))))
        {
            AtomicFile.WriteText(Path.Combine(modelFolder, Preprocessor), config.ToJson());
        }
    }

    private static void Copy(string from, string to, IEnumerable<string> names)
    {
        foreach (var file in names.Select(n => new FileInfo(Path.Combine(from, n))).Where(f => f.Exists && f.Length <= MostBytes))
        {
            AtomicFile.Write(Path.Combine(to, file.Name), stream => stream.Write(RegularFile.ReadAllBytes(file.FullName, MostBytes)));
        }
    }

    /// <summary>What Transformers' <c>LlavaProcessor</c> needs to turn one &lt;image&gt; into as many ids as the tower gives vectors.</summary>
    private static string LlavaProcessor(LlavaModel model) => new JsonObject
    {
        ["processor_class"] = "LlavaProcessor",
        ["image_token"] = "<image>",
        ["patch_size"] = model.Config.Vision.PatchSize,
        ["vision_feature_select_strategy"] = model.Config.DropFirstToken ? "default" : "full",
        ["num_additional_image_tokens"] = model.Config.Vision.HasClassToken ? 1 : 0,
    }.ToJsonString(StageManifest.Json) + "\n";
}

/// <summary>What a preset must know of a tokenizer.</summary>
public static class PresetVocabularies
{
    /// <summary>Sizes and special ids; a tokenizer without SOLO's tokens gets ids for them behind its own.</summary>
    public static PresetVocabulary Of(Tokenizer tokenizer)
    {
        var size = tokenizer.VocabSize;
        string[] names = ["<vision>", "<vpatch>", "<vrow_sep>", "</vision>"];
        var known = names.Select(tokenizer.IdOf).ToArray();
        var vision = known.All(i => i is not null)
            ? new VisionTokenIds(known[0]!.Value, known[1]!.Value, known[2]!.Value, known[3]!.Value)
            : new VisionTokenIds(size, size + 1, size + 2, size + 3);
        return new PresetVocabulary(
            known.All(i => i is not null) ? size : size + names.Length, tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.IdOf("<image>"), vision);
    }
}
