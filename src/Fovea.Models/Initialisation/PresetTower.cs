using Fovea.Core.Configuration;
using Fovea.Models.Configs;

namespace Fovea.Models.Initialisation;

/// <summary>A frozen vision tower for a preset, from an ONNX file, and how images are prepared for it.</summary>
public sealed record PresetTower
{
    /// <summary>The file: one input of float32 images, <c>[1, 3, side, side]</c>. It is copied into the model's folder.</summary>
    [InputPath]
    public required string Onnx { get; init; }

    /// <summary>
    /// The tensor that is the features, <c>[1, channels, side, side]</c> or <c>[1, places, channels]</c>: an output, or anything that a node computes;
    /// absent: the only output.
    /// </summary>
    public string? Output { get; init; }

    /// <summary>In which the file reads channels: <c>rgb</c> or <c>bgr</c>.</summary>
    public string ChannelOrder { get; init; } = "rgb";

    /// <summary>Subtracted from colours in [0, 1]: of red, green and blue; absent: ImageNet's. Padding has this colour.</summary>
    public IReadOnlyList<double>? ImageMean { get; init; }

    /// <summary>What they are divided by then; absent: ImageNet's. 0.00392157 (1/255) for a tower that reads 0 to 255.</summary>
    public IReadOnlyList<double>? ImageStd { get; init; }

    internal bool BlueFirst => OnnxTowerConfig.IsBlueFirst(ChannelOrder);

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        OptionCheck.Require(OnnxTowerConfig.ChannelOrders.Contains(ChannelOrder), "preset.tower.channel_order",
            string.Join(" or ", OnnxTowerConfig.ChannelOrders), ChannelOrder);
        OptionCheck.Require(ImageMean is null || (ImageMean.Count == 3 && ImageMean.All(m => m is >= 0 and <= 1)), "preset.tower.image_mean",
            "three colours from 0 to 1", ImageMean is null ? null : string.Join(", ", ImageMean));
        OptionCheck.Require(ImageStd is null || (ImageStd.Count == 3 && ImageStd.All(s => s > 0 && double.IsFinite(s))), "preset.tower.image_std",
            "three numbers above 0", ImageStd is null ? null : string.Join(", ", ImageStd));
    }
}
