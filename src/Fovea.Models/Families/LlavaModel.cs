using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using Fovea.Models.Vision;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

/// <summary>LLaVA-1.5 (arXiv 2310.03744): projected tower features stand in the places of the image tokens.</summary>
public sealed class LlavaModel : DecoderModel
{
    private const string TextPrefix = "model.language_model.";
    private const string TowerPrefix = "model.vision_tower.vision_model.";
    private const string ProjectorPrefix = "model.multi_modal_projector.";

    /// <summary>Takes ownership of the parameters.</summary>
    internal LlavaModel(LlavaConfig config, ParameterSet parameters)
        : base(parameters, new Decoder(config.Text, parameters, TextPrefix))
    {
        Config = config;
        Tower = new ClipVisionTower(config.Vision, parameters, TowerPrefix);
        Projector = new Projector(parameters, ProjectorPrefix, config.ProjectorBias);
    }

    /// <summary>Shape of the whole.</summary>
    public LlavaConfig Config { get; }

    /// <summary>The tower.</summary>
    public ClipVisionTower Tower { get; }

    /// <summary>From tower to decoder.</summary>
    public Projector Projector { get; }

    /// <inheritdoc/>
    public override string Family => "llava";

    /// <inheritdoc/>
    public override bool SeesImages => true;

    /// <inheritdoc/>
    public override MatmulPolicy Policy
    {
        get => base.Policy;
        set => base.Policy = Tower.Policy = Projector.Policy = value;
    }

    /// <inheritdoc/>
    public override int[] ImageTokenIds(int height, int width)
    {
        var ids = new int[Config.TokensPerImage];
        Array.Fill(ids, Config.ImageTokenId);
        return ids;
    }

    /// <summary>What the decoder sees of images: <c>[images, 3, height, width]</c> -> <c>[images, tokens, hidden]</c>.</summary>
    public Tensor ImageFeatures(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        var features = Tower.Forward(pixelValues, Config.TowerDepth); // [images, tokens, tower hidden]
        if (Config.DropFirstToken)
        {
            features = features.narrow(1, 1, features.shape[1] - 1);
        }

        return Projector.Forward(features).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Embed(Tensor inputIds, Tensor? pixelValues)
    {
        using var scope = NewDisposeScope();
        var embeddings = Decoder.Embed(inputIds);
        if (pixelValues is not null)
        {
            var features = ImageFeatures(pixelValues).flatten(0, 1); // [images * tokens, hidden]
            var places = Places(inputIds, Config.ImageTokenId, features.shape[0]);
            embeddings = embeddings.flatten(0, 1).index_copy_(0, places, features).view(embeddings.shape);
        }

        return embeddings.MoveToOuterDisposeScope();
    }

    /// <summary>Stacks images: <c>[images, 3, height, width]</c>; null without any.</summary>
    /// <exception cref="FoveaException">An image is not of the tower's size.</exception>
    public override Tensor? Arrange(IReadOnlyList<PixelValues> images)
    {
        if (images.Count == 0)
        {
            return null;
        }

        var side = Config.Vision.ImageSize;
        var stacked = empty([images.Count, 3, side, side], ScalarType.Float32);
        var bytes = stacked.bytes;
        var size = 3 * side * side;
        for (var i = 0; i < images.Count; i++)
        {
            var image = images[i];
            if (image.Channels != 3 || image.Height != side || image.Width != side || image.Values.Length != size)
            {
                throw new FoveaException(
                    $"image {i} of the batch is {image.Channels} x {image.Height} x {image.Width}; the tower expects 3 x {side} x {side}");
            }

            MemoryMarshal.AsBytes(image.Values.AsSpan()).CopyTo(bytes[(i * size * sizeof(float))..]);
        }

        return stacked;
    }

    internal override JsonObject WriteConfig() => Config.Write();

    /// <inheritdoc/>
    private protected override void UseRecomputation(Recomputation? recomputation) => Tower.Recomputation = recomputation;

    internal static IEnumerable<ParameterSpec> Specs(LlavaConfig c) =>
    [
        .. ClipVisionTower.Specs(c.Vision, TowerPrefix),
        .. Projector.Specs(c.Vision.HiddenSize, c.Text.HiddenSize, c.ProjectorBias, c.Text.InitializerRange, ProjectorPrefix),
        .. Decoder.Specs(c.Text, TextPrefix),
    ];
}
