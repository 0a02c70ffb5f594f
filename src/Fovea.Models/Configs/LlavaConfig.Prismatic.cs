using System.Text.RegularExpressions;
using Fovea.Core.Json;

namespace Fovea.Models.Configs;

public sealed partial record LlavaConfig
{
    /// <summary>
    /// Reads an Open-Qwen2VL model (arXiv 2504.00595) as its Prismatic code writes it: a <c>model</c> object whose <c>arch_specifier</c> ends in
    /// <c>+N-avgpool</c>. SigLIP's state before the last block, averaged to a square of N tokens, a two-layer GELU MLP, Qwen2.
    /// </summary>
    internal static LlavaConfig ReadPrismatic(ForeignJson model, DecoderConfig text, VisionConfig vision, int? imageTokenId)
    {
        model.Allow(ModelKeys.PrismaticModel);
        var specifier = model.Text("arch_specifier", "");
        var pooling = Pooling().Match(specifier);
        var side = pooling.Success ? (int)Math.Sqrt(int.Parse(pooling.Groups[1].Value, CultureInfo.InvariantCulture)) : 0;
        if (side == 0 || side * side != int.Parse(pooling.Groups[1].Value, CultureInfo.InvariantCulture))
        {
            throw model.Error("arch_specifier", $"'{specifier}' is not supported; expected an end such as +144-avgpool, with a square number");
        }

        var config = new LlavaConfig
        {
            Text = text,
            Vision = vision,
            ImageTokenId = imageTokenId ?? PlaceholderId,
            DropFirstToken = vision.HasClassToken,
            PooledSide = side,
        };
        return config.CheckLayers(model, "vision_backbone_id");
    }

    [GeneratedRegex("""\+([1-9][0-9]{0,5})-avgpool$""", RegexOptions.CultureInvariant)]
    private static partial Regex Pooling();
}
