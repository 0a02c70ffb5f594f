using Fovea.Data.Images;
using Fovea.Data.Tokenizers;
using Fovea.Models.Checkpoints;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// Whether the files of a model's folder belong together, known from its JSON files and the headers of its weights, before anything is computed.
/// </summary>
public static class ModelFit
{
    private static readonly string[] ProcessorFiles = [.. DecisiveFiles.ImageProcessor, DecisiveFiles.Config];

    /// <summary>The folder's image processor, compared with what the model sees.</summary>
    /// <exception cref="InvalidInputException">It makes pictures of a size that the model does not read.</exception>
    public static ImageProcessorConfig Processor(string folder)
    {
        var config = ImageProcessorConfig.Load(folder);
        if (File.Exists(Path.Combine(folder, DecisiveFiles.Config)))
        {
            Compare(config, ModelInspection.Read(folder), ProcessorFiles.Select(f => Path.Combine(folder, f)).First(File.Exists));
        }

        return config;
    }

    /// <summary>The folder's tokenizer, compared with the model's ids; a folder without a model has nothing to compare.</summary>
    /// <exception cref="InvalidInputException">It does not belong to the model.</exception>
    public static Tokenizer Tokenizer(string folder)
    {
        var tokenizer = Data.Tokenizers.Tokenizer.Load(folder);
        if (File.Exists(Path.Combine(folder, DecisiveFiles.Config)))
        {
            Compare(tokenizer, ModelInspection.Read(folder));
        }

        return tokenizer;
    }

    private static void Compare(Tokenizer tokenizer, ModelInspection model)
    {
        if (tokenizer.BaseVocabSize > model.VocabSize)
        {
            throw Foreign(tokenizer, $"its vocabulary has {tokenizer.BaseVocabSize} ids, but config.json's vocab_size is {model.VocabSize}");
        }

        var tag = tokenizer.NamedTokens.GetValueOrDefault("image_token", "<image>");
        if (model.ImageTokenId is not (>= 0 and var id))
        {
            return;
        }

        if (tokenizer.IdOf(tag) is { } own ? own != id : id < tokenizer.VocabSize)
        {
            throw Foreign(tokenizer, $"config.json's image token has the id {id}, which is \"{TokenizerText(tokenizer, id)}\" here"
                + (tokenizer.IdOf(tag) is { } other ? $"; {tag} has the id {other}" : ""));
        }
    }

    private static string TokenizerText(Tokenizer tokenizer, int id) => Quoted.Shorten(tokenizer.TokenText(id), 40);

    private static InvalidInputException Foreign(Tokenizer tokenizer, string what) =>
        new(tokenizer.File, null, $"{what}: the tokenizer does not belong to this model; put the model's own tokenizer files into the folder");

    private static void Compare(ImageProcessorConfig config, ModelInspection model, string file)
    {
        var size = config.Crop ?? config.ResizeTo ?? (config is { PadToSquare: true, ShortestEdge: { } edge } ? (edge, edge) : null);
        if (model.ImageSize is { } side && (config.PatchSize is not null || (size is { } made && made != (side, side))))
        {
            throw new InvalidInputException(file, null, $"pictures become {(size is { } s ? $"{s.Width} x {s.Height}" : "any multiple of a patch in")} pixels, "
                + $"but the tower of config.json sees {side} x {side}; "
                + "use the image processor that belongs to the model");
        }

        if (model.PatchSize is { } patch
            && (config.PatchSize is { } own ? own != patch : size is { } whole && (whole.Width % patch != 0 || whole.Height % patch != 0)))
        {
            throw new InvalidInputException(file, null, $"pictures are not made of patches of {patch} x {patch} pixels, which config.json's vision_patch_size "
                + $"asks for; use the image processor that belongs to the model");
        }
    }
}
