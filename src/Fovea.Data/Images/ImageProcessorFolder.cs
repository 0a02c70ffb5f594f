using System.Text.RegularExpressions;
using Fovea.Core.Json;

namespace Fovea.Data.Images;

/// <summary>
/// Finds a model folder's image processor: <c>preprocessor_config.json</c>; <c>processor_config.json</c>, where Transformers 5 writes it;
/// or, for the layouts that bring none along, what <c>config.json</c> says of the vision tower (LLaVA's <c>mm_vision_tower</c>, Prismatic's
/// <c>vision_backbone_id</c>).
/// </summary>
internal static partial class ImageProcessorFolder
{
    private const int DefaultSide = 224;

    // How many image tokens Transformers' processor writes; here the model says so.
    private static readonly InertKeys OfProcessor = new("""
        processor_class patch_size vision_feature_select_strategy num_additional_image_tokens image_token image_token_id image_seq_length chat_template auto_map tokenizer
        video_processor transformers_version
        """);

    public static ImageProcessorConfig Read(string folder)
    {
        var config = Open(folder, DecisiveFiles.Config);
        var (own, nested) = (Own(folder, DecisiveFiles.PreprocessorConfig, ReadOwn), Own(folder, DecisiveFiles.ProcessorConfig, ReadNested));
        if (own is not null && nested is not null && own.Value.Config.ToJson() != nested.Value.Config.ToJson())
        {
            throw new InvalidInputException(Path.Combine(folder, DecisiveFiles.ProcessorConfig), null,
                "image_processor: differs from preprocessor_config.json, and versions of Transformers disagree on which counts; make them agree");
        }

        if ((own ?? nested) is { } found)
        {
            return found.SaysPadding ? found.Config : found.Config with { PadToSquare = config is not null && PadsBy(config) };
        }

        return config is null ? throw NotFound(folder, false)
            : FromLlava(folder, config) ?? FromPrismatic(folder, config) ?? throw NotFound(folder, config.Optional("vision_config") is not null);
    }

    private static (ImageProcessorConfig Config, bool SaysPadding)? Own(string folder, string file, Func<ForeignJson, (ImageProcessorConfig, bool)?> read) =>
        Path.Combine(folder, file) is var path && File.Exists(path) ? ForeignJson.Read(path, read) : null;

    private static (ImageProcessorConfig, bool)? ReadOwn(ForeignJson own) =>
        (ImageProcessorConfigReader.Read(own), own.Optional("image_aspect_ratio") is not null || own.Optional("do_pad") is not null);

    private static (ImageProcessorConfig, bool)? ReadNested(ForeignJson root)
    {
        root.Allow(OfProcessor);
        return root.Optional("image_processor") is { } own ? ReadOwn(own) : null;
    }

    private static ImageProcessorConfig? FromLlava(string folder, ForeignJson config)
    {
        if (config.Optional("mm_vision_tower") is not { } tower)
        {
            return null;
        }

        var name = tower.Text();
        var inside = Path.GetFullPath(Path.Combine(folder, name));
        var isInside = !Path.IsPathRooted(name) && inside.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            && Directory.Exists(inside);
        if (isInside && Own(inside, DecisiveFiles.PreprocessorConfig, ReadOwn) is { } own)
        {
            return own.Config with { PadToSquare = PadsBy(config) };
        }

        return (isInside ? FromTower(inside) : null) is { } found ? found with { PadToSquare = PadsBy(config) }
            : name.Contains("siglip", StringComparison.OrdinalIgnoreCase) ? Siglip(SideIn(name)) with { PadToSquare = PadsBy(config) }
            : name.Contains("clip", StringComparison.OrdinalIgnoreCase) ? ImageProcessorConfig.Clip(SideIn(name), PadsBy(config))
            : throw tower.Expected("a CLIP or SigLIP tower, or a folder with its preprocessor_config.json");
    }

    private static ImageProcessorConfig? FromPrismatic(string folder, ForeignJson config)
    {
        if (config.Optional("model") is not { Element.ValueKind: JsonValueKind.Object } model || model.Optional("vision_backbone_id") is not { } backbone)
        {
            return null;
        }

        var name = backbone.Text();
        var siglip = name.StartsWith("siglip-", StringComparison.Ordinal);
        if (!siglip && !name.StartsWith("clip-", StringComparison.Ordinal))
        {
            throw backbone.Expected("a backbone siglip-... or clip-...");
        }

        var stated = FromTower(Path.Combine(folder, "tower"));
        var side = stated?.ResizeTo?.Width ?? stated?.ShortestEdge ?? SideIn(name);
        var plain = siglip ? Siglip(side) : ImageProcessorConfig.Clip(side, padToSquare: false);
        return model.Optional("image_resize_strategy")?.Text() switch
        {
            null or "resize-naive" => plain with { ShortestEdge = null, ResizeTo = (side, side), Crop = null },
            "resize-crop" => plain with { ShortestEdge = side, ResizeTo = null, Crop = (side, side) },
            "letterbox" => plain with { ShortestEdge = side, ResizeTo = null, Crop = (side, side), PadToSquare = true },
            _ => throw model.Field("image_resize_strategy").Expected("resize-naive, resize-crop or letterbox"),
        };
    }

    /// <summary>What a vision tower's own <c>config.json</c> asks for.</summary>
    private static ImageProcessorConfig? FromTower(string folder)
    {
        if (Open(folder, DecisiveFiles.Config) is not { } root)
        {
            return null;
        }

        var vision = root.Optional("vision_config") ?? root;
        var side = vision.Optional("image_size") is { } size && size.WholeNumber() is > 0 and <= ImageProcessorConfigReader.LargestSide and var stated
            ? stated : DefaultSide;
        return (vision.Optional("model_type") ?? root.Optional("model_type"))?.Text().StartsWith("siglip", StringComparison.Ordinal) == true
            ? Siglip(side)
            : ImageProcessorConfig.Clip(side, padToSquare: false);
    }

    private static ImageProcessorConfig Siglip(int side) => new() { ResizeTo = (side, side), Mean = [0.5, 0.5, 0.5], Std = [0.5, 0.5, 0.5] };

    /// <summary>Whether LLaVA's configuration asks for padding; tiles are refused.</summary>
    private static bool PadsBy(ForeignJson config) => config.Optional("image_aspect_ratio") is { } aspect && aspect.Text() switch
    {
        "pad" => true,
        "square" => false,
        _ => throw aspect.Expected("pad or square, the only ones supported"),
    };

    /// <summary>The pixels in names such as <c>clip-vit-large-patch14-336</c> and <c>siglip-vit-so400m-384px</c>.</summary>
    private static int SideIn(string name) => SidePattern().Match(name) is { Success: true } match
        ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : DefaultSide;

    private static ForeignJson? Open(string folder, string file) => Path.Combine(folder, file) is var path && File.Exists(path) ? ForeignJson.Open(path) : null;

    private static InvalidInputException NotFound(string folder, bool hasTower) => new(Path.Combine(folder, DecisiveFiles.PreprocessorConfig), null, hasTower
        ? "not found, and no processor_config.json either; a model that sees images has one of them: put it into the folder, from where the model came from"
        : "not found, and config.json names no vision tower: this is a text model; VIG, and all else that reads images, needs a vision-language model");

    [GeneratedRegex("-([0-9]{3})(?:px)?$", RegexOptions.CultureInvariant)]
    private static partial Regex SidePattern();
}
