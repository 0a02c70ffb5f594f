using System.Text.Json;
using Fovea.Data.Json;

namespace Fovea.Data.Images;

/// <summary>Reads what <c>preprocessor_config.json</c> files of CLIP, SigLIP, LLaVA and SOLO say, in all their spellings; missing <c>do_*</c> keys mean true, others the class's defaults.</summary>
internal static class ImageProcessorConfigReader
{
    private const int LargestSide = 16_384;
    private const int DefaultSide = 224;
    private static readonly double[] SiglipChannels = [0.5, 0.5, 0.5];

    public static ImageProcessorConfig Read(JsonFields root)
    {
        var type = root.Optional("image_processor_type")?.Text() ?? root.Optional("feature_extractor_type")?.Text() ?? "";
        var siglip = type.StartsWith("Siglip", StringComparison.OrdinalIgnoreCase);
        var config = new ImageProcessorConfig
        {
            PadToSquare = root.Optional("image_aspect_ratio") is { } aspect ? aspect.Text() == "pad" : root.Optional("do_pad")?.Flag() ?? false,
            Filter = root.Optional("resample") is { } resample ? ReadFilter(resample) : ResizeFilter.Bicubic,
            Mean = ReadChannels(root, "image_mean", 0, siglip ? SiglipChannels : ImageProcessorConfig.ClipMean),
            Std = ReadChannels(root, "image_std", 1, siglip ? SiglipChannels : ImageProcessorConfig.ClipStd),
        };
        RequirePlainRescale(root);
        if (root.Optional("patch_size") is { } patch && type.StartsWith("Solo", StringComparison.Ordinal))
        {
            var longest = root.Field("size").Field("longest_edge");
            return Side(longest) % Side(patch) == 0
                ? config with { PatchSize = Side(patch), LongestEdge = Side(longest) }
                : throw longest.Expected($"a multiple of patch_size {Side(patch)}");
        }

        var crops = !siglip && Does(root, "do_center_crop");
        config = config with { Crop = crops ? ReadBox(root.Optional("crop_size")) : null };
        if (!Does(root, "do_resize"))
        {
            return config;
        }

        return root.Optional("size") switch
        {
            null => siglip ? config with { ResizeTo = ReadBox(null) } : config with { ShortestEdge = DefaultSide },
            { Element.ValueKind: JsonValueKind.Number } size when !siglip => config with { ShortestEdge = Side(size) },
            { Element.ValueKind: JsonValueKind.Object } size when size.Optional("shortest_edge") is { } edge => config with { ShortestEdge = Side(edge) },
            var size => config with { ResizeTo = ReadBox(size) },
        };
    }

    private static bool Does(JsonFields root, string name) => root.Optional(name)?.Flag() ?? true;

    private static int Side(JsonFields value) => value.Integer() is > 0 and <= LargestSide and var side ? side : throw value.Expected($"1 to {LargestSide} pixels");

    private static (int Width, int Height) ReadBox(JsonFields? value)
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

    private static ResizeFilter ReadFilter(JsonFields value) =>
        value.Integer() is 1 or 2 or 3 ? (ResizeFilter)value.Integer() : throw value.Expected("resample 1 (Lanczos), 2 (bilinear) or 3 (bicubic)");

    private static double[] ReadChannels(JsonFields root, string name, double without, IReadOnlyList<double> byDefault)
    {
        if (!Does(root, "do_normalize"))
        {
            return [without, without, without];
        }

        if (root.Optional(name) is not { } field)
        {
            return [.. byDefault];
        }

        var values = field.Items().Select(v => v.Number()).ToArray();
        return values.Length == 3 && (without == 0 || values.All(v => v > 0)) ? values : throw field.Expected("three numbers, standard deviations above 0");
    }

    private static void RequirePlainRescale(JsonFields root)
    {
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
