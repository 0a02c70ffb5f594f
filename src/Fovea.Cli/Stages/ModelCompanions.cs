using Fovea.Core.Files;
using Fovea.Core.Samples;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Fovea.Data.Tokenizers;
using Fovea.Models;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;

namespace Fovea.Cli.Stages;

/// <summary>What a model folder holds beside the model: tokenizer and chat template files, and the image processor's settings.</summary>
internal sealed record ModelCompanions(string TokenizerFolder, ImageProcessorConfig? ProcessorConfig)
{
    /// <summary>The image processor; null for a text-only model.</summary>
    public IImageProcessor? Processor => ProcessorConfig is { } config ? new ImageProcessor(config) : null;

    /// <summary>Those of a model: the folder's own where it was loaded from one, else what its sizes ask for.</summary>
    public static ModelCompanions For(VisionLanguageModel model, string tokenizerFolder, string? modelFolder, int? longestEdge) => new(tokenizerFolder, model switch
    {
        _ when !model.SeesImages => null,
        _ when modelFolder is not null => ModelFit.Processor(modelFolder),
        LlavaModel llava => ImageProcessorConfig.Clip(llava.Config.Vision.ImageSize),
        SoloModel solo => ImageProcessorConfig.Solo(solo.Config.PatchSize, longestEdge ?? SceneWorld.ImagePixels),
        _ => null,
    });

    /// <summary>Writes them beside the model.</summary>
    public void Write(string modelFolder)
    {
        foreach (var file in Tokenizer.FileNames.Concat(ModelParts.TemplateFiles).Where(f => File.Exists(Path.Combine(TokenizerFolder, f))))
        {
            AtomicFile.Write(Path.Combine(modelFolder, file), stream => stream.Write(File.ReadAllBytes(Path.Combine(TokenizerFolder, file))));
        }

        if (ProcessorConfig is { } config)
        {
            AtomicFile.WriteText(Path.Combine(modelFolder, "preprocessor_config.json"), config.ToJson());
        }
    }
}

/// <summary>What a preset must know of a tokenizer.</summary>
internal static class PresetVocabularies
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
