using System.Text.Encodings.Web;
using Fovea.Core.Json;

namespace Fovea.Data.Images;

/// <summary>
/// What a <c>preprocessor_config.json</c> asks for. One of <see cref="ShortestEdge"/>, <see cref="ResizeTo"/> and <see cref="PatchSize"/> says how to resize;
/// none: not at all.
/// </summary>
public sealed record ImageProcessorConfig
{
    /// <summary>OpenAI CLIP's mean colour in [0, 1].</summary>
    public static IReadOnlyList<double> ClipMean { get; } = [0.48145466, 0.4578275, 0.40821073];

    /// <summary>OpenAI CLIP's standard deviation.</summary>
    public static IReadOnlyList<double> ClipStd { get; } = [0.26862954, 0.26130258, 0.27577711];

    /// <summary>ImageNet's mean colour in [0, 1].</summary>
    public static IReadOnlyList<double> ImageNetMean { get; } = [0.485, 0.456, 0.406];

    /// <summary>ImageNet's standard deviation.</summary>
    public static IReadOnlyList<double> ImageNetStd { get; } = [0.229, 0.224, 0.225];

    /// <summary>The short side becomes this many pixels (CLIP).</summary>
    public int? ShortestEdge { get; init; }

    /// <summary>Width and height become these (SigLIP).</summary>
    public (int Width, int Height)? ResizeTo { get; init; }

    /// <summary>Both sides become multiples of this many pixels (SOLO).</summary>
    public int? PatchSize { get; init; }

    /// <summary>The most pixels of the long side; goes with <see cref="PatchSize"/>.</summary>
    public int LongestEdge { get; init; } = 1024;

    /// <summary>A part of this size is cut from the middle; null: none.</summary>
    public (int Width, int Height)? Crop { get; init; }

    /// <summary>Whether pictures are first padded to a square with floor(255 mean) (LLaVA's <c>image_aspect_ratio: "pad"</c>).</summary>
    public bool PadToSquare { get; init; }

    /// <summary>Filter of the resizing.</summary>
    public ResizeFilter Filter { get; init; } = ResizeFilter.Bicubic;

    /// <summary>Mean by channel, in [0, 1]: <c>[3]</c>.</summary>
    public IReadOnlyList<double> Mean { get; init; } = ClipMean;

    /// <summary>Standard deviation by channel: <c>[3]</c>.</summary>
    public IReadOnlyList<double> Std { get; init; } = ClipStd;

    /// <summary>CLIP's form for square pictures of <paramref name="side"/> pixels, padded first by default as in LLaVA-1.5.</summary>
    public static ImageProcessorConfig Clip(int side, bool padToSquare = true) => new() { ShortestEdge = side, Crop = (side, side), PadToSquare = padToSquare };

    /// <summary>SOLO's form: sides as multiples of <paramref name="patchSize"/> pixels, the long one at most <paramref name="longestEdge"/>.</summary>
    public static ImageProcessorConfig Solo(int patchSize, int longestEdge) =>
        new() { PatchSize = patchSize, LongestEdge = longestEdge, Filter = ResizeFilter.Bilinear, Mean = ImageNetMean, Std = ImageNetStd };

    /// <summary>
    /// Reads a model folder's image processor: its <c>preprocessor_config.json</c>, or what <c>processor_config.json</c> or <c>config.json</c> say in its place
    /// (LLaVA's and Prismatic's own layouts bring no other file along). A path to a file reads that file.
    /// </summary>
    /// <exception cref="InvalidInputException">It is missing, malformed or asks for what is not supported.</exception>
    public static ImageProcessorConfig Load(string path) => Directory.Exists(path) ? ImageProcessorFolder.Read(path)
        : File.Exists(path) ? ForeignJson.Read(path, ImageProcessorConfigReader.Read)
        : throw new InvalidInputException(path, null, "image processor file not found");

    /// <summary>The text of a <c>preprocessor_config.json</c> that <see cref="Load"/> and Transformers (SOLO's form excepted) read.</summary>
    public string ToJson()
    {
        var json = new JsonObject { ["image_processor_type"] = PatchSize is not null ? "SoloImageProcessor" : PadToSquare ? "LlavaImageProcessor" : ResizeTo is null ? "CLIPImageProcessor" : "SiglipImageProcessor" };
        // CLIPImageProcessor knows no padding and would cut what was padded here; LlavaImageProcessor pads with the mean colour.
        json["do_pad"] = PadToSquare ? true : null;
        json["do_convert_rgb"] = true;
        json["do_resize"] = ShortestEdge is not null || ResizeTo is not null || PatchSize is not null;
        json["size"] = PatchSize is not null ? new JsonObject { ["longest_edge"] = LongestEdge }
            : ShortestEdge is { } edge ? new JsonObject { ["shortest_edge"] = edge } : Box(ResizeTo);
        json["patch_size"] = PatchSize;
        json["resample"] = (int)Filter;
        json["do_center_crop"] = Crop is not null;
        json["crop_size"] = Box(Crop);
        json["do_rescale"] = true;
        json["rescale_factor"] = 1.0 / 255;
        json["do_normalize"] = true;
        json["image_mean"] = new JsonArray([.. Mean.Select(v => JsonValue.Create(v))]);
        json["image_std"] = new JsonArray([.. Std.Select(v => JsonValue.Create(v))]);
        foreach (var absent in json.Where(p => p.Value is null).Select(p => p.Key).ToList())
        {
            json.Remove(absent);
        }

        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static JsonObject? Box((int Width, int Height)? size) => size is { } s ? new JsonObject { ["height"] = s.Height, ["width"] = s.Width } : null;
}
