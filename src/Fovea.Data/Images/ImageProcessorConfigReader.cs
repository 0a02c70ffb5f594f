using Fovea.Core.Json;

namespace Fovea.Data.Images;

/// <summary>
/// Reads what <c>preprocessor_config.json</c> files of CLIP, SigLIP, LLaVA and SOLO say, in all their spellings; missing <c>do_*</c>
/// keys mean true, others the class's defaults. A class not known here must say its sizes, filter, mean and deviation itself.
/// </summary>
internal static class ImageProcessorConfigReader
{
    /// <summary>Most pixels of a side: the largest published towers see 1,344.</summary>
    public const int LargestSide = 4096;
    private const int DefaultSide = 224;
    private const double AnyMean = 0;
    private const double AnyStd = 1;
    private static readonly double[] SiglipChannels = [0.5, 0.5, 0.5];

    // Keys of processors that cut a picture into tiles, choose its size by themselves or do what no processor here does.
    private static readonly string[] Foreign =
    [
        "image_grid_pinpoints", "min_pixels", "max_pixels", "merge_size", "temporal_patch_size", "max_num_patches", "do_image_splitting",
            "max_image_tiles", "do_pan_and_scan",
        "crop_to_patches", "target_height", "target_width", "crop_pct", "size_divisor", "do_flip_channel_order", "do_thumbnail", "do_align_long_axis",
            "max_image_size", "resized_patch_size",
    ];

    // Where the file came from, how pictures are held in memory, and what only other keys bring to life. Pictures are always read as RGB.
    private static readonly InertKeys Inert = new("""
        processor_class _processor_class feature_extractor_type auto_map _valid_processor_keys do_convert_rgb data_format input_data_format device return_tensors disable_grouping use_fast
        patch_size crop_size size resample image_mean image_std rescale_factor do_pad image_seq_length vision_feature_select_strategy image_token num_additional_image_tokens
        default_to_square=false do_rescale=true transformers_version _name_or_path
        """);

    private enum Family
    {
        Clip,
        Siglip,
        Solo,
        Other,
    }

    public static ImageProcessorConfig Read(ForeignJson root)
    {
        root.Allow(Inert);
        var type = root.Optional("image_processor_type")?.Text() ?? root.Optional("feature_extractor_type")?.Text() ?? "";
        var family = FamilyOf(type);
        RequirePlain(root);
        if (family == Family.Other)
        {
            RequireStated(root, type);
        }

        var config = new ImageProcessorConfig
        {
            PadToSquare = Pads(root),
            Filter = root.Optional("resample") is { } resample ? ReadFilter(resample) : family == Family.Solo ? ResizeFilter.Bilinear : ResizeFilter.Bicubic,
            Mean = ReadChannels(root, "image_mean", AnyMean,
                family switch { Family.Siglip => SiglipChannels, Family.Solo => ImageProcessorConfig.ImageNetMean, _ => ImageProcessorConfig.ClipMean }),
            Std = ReadChannels(root, "image_std", AnyStd,
                family switch { Family.Siglip => SiglipChannels, Family.Solo => ImageProcessorConfig.ImageNetStd, _ => ImageProcessorConfig.ClipStd }),
        };
        if (config.PadToSquare && config.Mean.Any(m => m is < 0 or > 1))
        {
            throw root.Error("image_mean: expected colours from 0 to 1 to pad with");
        }

        if (family == Family.Solo && root.Optional("patch_size") is { } patch)
        {
            if (!Does(root, "do_resize") || (root.Optional("do_center_crop")?.Flag() ?? false))
            {
                throw root.Error("do_resize false and do_center_crop true are not supported for a SOLO processor");
            }

            var longest = root.Field("size").Field("longest_edge");
            return Side(longest) % Side(patch) == 0
                ? config with { PatchSize = Side(patch), LongestEdge = Side(longest) }
                : throw longest.Expected($"a multiple of patch_size {Side(patch)}");
        }

        var crops = family switch
        {
            Family.Siglip => root.Optional("do_center_crop")?.Flag() ?? false,
            Family.Other => root.Optional("do_center_crop")?.Flag() ?? root.Optional("crop_size") is not null,
            _ => Does(root, "do_center_crop"),
        };
        config = config with { Crop = crops ? ReadBox(root.Optional("crop_size")) : null };
        return Does(root, "do_resize") ? WithSize(config, root.Optional("size"), family) : config;
    }

    private static Family FamilyOf(string type) =>
        type.StartsWith("Siglip2", StringComparison.OrdinalIgnoreCase) ? Family.Other
        : type.StartsWith("Siglip", StringComparison.OrdinalIgnoreCase) ? Family.Siglip
        : type.StartsWith("Solo", StringComparison.Ordinal) ? Family.Solo
        : type.Length == 0 || type.StartsWith("CLIP", StringComparison.OrdinalIgnoreCase)
            || type is "LlavaImageProcessor" or "LlavaImageProcessorFast" ? Family.Clip
        : Family.Other;

    private static ImageProcessorConfig WithSize(ImageProcessorConfig config, ForeignJson? size, Family family) => size switch
    {
        null => family == Family.Siglip ? config with { ResizeTo = ReadBox(null) } : config with { ShortestEdge = DefaultSide },
        { Element.ValueKind: JsonValueKind.Number } when family == Family.Clip => config with { ShortestEdge = Side(size) },
        { Element.ValueKind: JsonValueKind.Object } when size.Optional("longest_edge") is { } longest =>
            throw longest.Error("longest_edge is not supported; expected shortest_edge, or height and width"),
        { Element.ValueKind: JsonValueKind.Object } when size.Optional("shortest_edge") is { } edge => config with { ShortestEdge = Side(edge) },
        _ => config with { ResizeTo = ReadBox(size) },
    };

    private static bool Pads(ForeignJson root)
    {
        if (root.Optional("image_aspect_ratio") is not { } aspect)
        {
            return root.Optional("do_pad")?.Flag() ?? false;
        }

        return aspect.Text() switch
        {
            "pad" => true,
            "square" => false,
            _ => throw aspect.Expected("image_aspect_ratio pad or square, the only ones supported"),
        };
    }

    private static bool Does(ForeignJson root, string name) => root.Optional(name)?.Flag() ?? true;

    private static int Side(ForeignJson value) => value.WholeNumber() is > 0 and <= LargestSide and var side
        ? side : throw value.Expected($"1 to {LargestSide} pixels");

    private static (int Width, int Height) ReadBox(ForeignJson? value)
    {
        switch (value?.Element.ValueKind)
        {
            case null:
                return (DefaultSide, DefaultSide);
            case JsonValueKind.Number:
                return (Side(value!), Side(value!));
            case JsonValueKind.Array:
                var sides = value!.Items().Select(Side).ToArray();
                return sides.Length == 2 ? (sides[1], sides[0]) : throw value.Expected("[height, width]");
            default:
                return (Side(value!.Field("width")), Side(value.Field("height")));
        }
    }

    private static ResizeFilter ReadFilter(ForeignJson value) => Enum.IsDefined((ResizeFilter)value.WholeNumber())
        ? (ResizeFilter)value.WholeNumber()
        : throw value.Expected("resample 0 (nearest), 1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming)");

    private static double[] ReadChannels(ForeignJson root, string name, double without, IReadOnlyList<double> byDefault)
    {
        if (!Does(root, "do_normalize"))
        {
            return [without, without, without];
        }

        if (root.Optional(name) is not { } field)
        {
            return [.. byDefault];
        }

        double[] values = field.Element.ValueKind == JsonValueKind.Number
            ? [field.Number(), field.Number(), field.Number()] : [.. field.Items().Select(v => v.Number())];
        return values.Length == 3 && (without == AnyMean || values.All(v => v > 0))
            ? values : throw field.Expected("three numbers, standard deviations above 0");
    }

    private static void RequireStated(ForeignJson root, string type)
    {
        string[] wanted = [.. Does(root, "do_resize") ? ["size", "resample"] : (string[])[],
            .. Does(root, "do_normalize") ? ["image_mean", "image_std"] : (string[])[]];
        if (wanted.FirstOrDefault(key => root.Optional(key) is null) is { } missing)
        {
            throw root.Error($"image processor {type} is not known, nor is its default for \"{missing}\"; write that key, or use a CLIP, SigLIP, LLaVA or "
                + $"SOLO processor");
        }
    }

    private static void RequirePlain(ForeignJson root)
    {
        foreach (var key in Foreign)
        {
            if (root.Optional(key) is { Element.ValueKind: not JsonValueKind.False } foreign)
            {
                throw foreign.Error("is not supported; supported are the processors of CLIP, SigLIP, LLaVA (one picture, padded or not) and SOLO");
            }
        }

        if (!Does(root, "do_rescale"))
        {
            throw root.Error("do_rescale false is not supported");
        }

        if (root.Optional("rescale_factor") is { } factor && Math.Abs(factor.Number() * 255 - 1) > 1e-6)
        {
            throw factor.Expected("1/255, the only rescale_factor supported");
        }
    }
}
