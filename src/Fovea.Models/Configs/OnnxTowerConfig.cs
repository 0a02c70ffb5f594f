using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>A vision tower that is read from an ONNX file beside the model's configuration, which is never trained.</summary>
public sealed record OnnxTowerConfig
{
    /// <summary>The family's name in <c>vision_config.model_type</c>.</summary>
    internal const string ModelType = "onnx";

    private const string Rgb = "rgb", Bgr = "bgr";

    /// <summary>Names of orders of channels.</summary>
    internal static IReadOnlyList<string> ChannelOrders { get; } = [Rgb, Bgr];

    /// <summary>Name of the file, in the model's folder.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of the file, as lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The tensor of the graph that is the features: <c>[1, hidden, grid, grid]</c>, or <c>[1, tokens, hidden]</c>.</summary>
    public required string Output { get; init; }

    /// <summary>Tokens on one side of the square.</summary>
    public required int Grid { get; init; }

    /// <summary>Whether one more token comes before those of the square.</summary>
    public bool HasClassToken { get; init; }

    /// <summary>Whether the graph reads blue, green, red; pixels come as red, green, blue.</summary>
    public bool BlueFirst { get; init; }

    /// <summary>Whether the graph reads blue first, by the name of its order.</summary>
    internal static bool IsBlueFirst(string order) => order == Bgr;

    internal static VisionConfig Read(ForeignJson json)
    {
        string Text(string key) => json.OptionalText(key) is { Length: > 0 } text ? text : throw json.Error(key, "missing; expected a text");
        int Number(string key, int most) => json.OptionalWholeNumber(key, 1, most) ?? throw json.Error(key, "missing; expected a whole number");
        var file = Text("file");
        if (Path.GetFileName(file) != file || file is "." or ".." || file.Contains('\\', StringComparison.Ordinal))
        {
            throw json.Error("file", $"'{file}' leads out of the model's folder; expected the name of a file in it");
        }

        var order = json.Text("channel_order", Rgb);
        if (!ChannelOrders.Contains(order))
        {
            throw json.Error("channel_order", $"'{order}' is not known; expected one of {string.Join(", ", ChannelOrders)}");
        }

        var onnx = new OnnxTowerConfig
        {
            File = file,
            Sha256 = Text("sha256"),
            Output = Text("output"),
            Grid = Number("grid", ConfigLimits.MostPixels),
            HasClassToken = json.Flag("has_class_token", false),
            BlueFirst = IsBlueFirst(order),
        };
        var side = Number("image_size", ConfigLimits.MostPixels);
        return onnx.Grid <= side ? onnx.ToVision(side, Number("hidden_size", ConfigLimits.MostWide))
            : throw json.Error("grid", $"{onnx.Grid} is larger than image_size, {side}");
    }

    /// <summary>The shape of such a tower: one state, no blocks of its own.</summary>
    internal VisionConfig ToVision(int imageSize, int hiddenSize) => new()
    {
        ModelType = ModelType,
        ImageSize = imageSize,
        PatchSize = imageSize / Grid,
        HiddenSize = hiddenSize,
        IntermediateSize = 1,
        NumLayers = 0,
        NumHeads = 1,
        Onnx = this,
    };

    internal JsonObject Write(VisionConfig vision) => new()
    {
        ["model_type"] = ModelType,
        ["file"] = File,
        ["sha256"] = Sha256,
        ["output"] = Output,
        ["image_size"] = vision.ImageSize,
        ["grid"] = Grid,
        ["has_class_token"] = HasClassToken,
        ["hidden_size"] = vision.HiddenSize,
        ["channel_order"] = BlueFirst ? Bgr : Rgb,
    };
}
