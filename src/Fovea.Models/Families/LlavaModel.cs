using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Inference;
using Fovea.Models.Parameters;
using Fovea.Models.Vision;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

/// <summary>LLaVA-1.5 (arXiv 2310.03744) and Open-Qwen2VL (arXiv 2504.00595): projected tower features take the places of the image tokens.</summary>
public sealed class LlavaModel : DecoderModel
{
    internal const string TextPrefix = "model.language_model.";
    internal const string TowerPrefix = "model.vision_tower.vision_model.";
    internal const string ProjectorPrefix = "model.multi_modal_projector.";

    /// <summary>Takes ownership of the parameters, and of a tower that has none among them.</summary>
    internal LlavaModel(LlavaConfig config, ParameterSet parameters, ITower? tower = null)
        : base(parameters, new Decoder(config.Text, parameters, TextPrefix))
    {
        Config = config;
        Tower = tower ?? new VisionTower(config.Vision, parameters, TowerPrefix);
        Projector = new Projector(parameters, ProjectorPrefix, config.ProjectorDepth, config.ProjectorActivation, config.ProjectorBias);
    }

    /// <summary>Shape of the whole.</summary>
    public LlavaConfig Config { get; }

    /// <summary>The tower.</summary>
    internal ITower Tower { get; }

    /// <summary>From tower to decoder.</summary>
    public Projector Projector { get; }

    /// <inheritdoc/>
    public override string Family => Config.PooledSide is null ? "llava" : "openqwen2vl";

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

    /// <inheritdoc/>
    public override bool IsImageToken(int id) => id == Config.ImageTokenId;

    /// <summary>What the decoder sees of images: <c>[images, 3, height, width]</c> -> <c>[images, tokens, hidden]</c>.</summary>
    public Tensor ImageFeatures(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        return Project(TowerFeatures(pixelValues)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Pack()
    {
        base.Pack();
        if (Tower is VisionTower blocks)
        {
            blocks.Inference = new PackedTower(blocks);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Tower.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Pools, if this model does, and projects what <see cref="TowerFeatures"/> gives: -> <c>[images, tokens, hidden]</c>.</summary>
    public Tensor Project(Tensor towerFeatures)
    {
        using var scope = NewDisposeScope();
        var features = towerFeatures;
        if (Config.PooledSide is { } side)
        {
            features = Pool(features, side);
        }

        return Projector.Forward(features).MoveToOuterDisposeScope();
    }

    /// <summary>The tower's features before pooling and projector: <c>[images, tokens, tower hidden * feature layers]</c>.</summary>
    public Tensor TowerFeatures(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        var states = Tower.States(pixelValues, Config.TowerDepths);
        if (Config.DropFirstToken)
        {
            states = Array.ConvertAll(states, s => s.narrow(1, 1, s.shape[1] - 1));
        }

        return (states.Length == 1 ? states[0] : cat(states, -1)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Averages a square of tokens to a smaller one, over windows that may overlap: <c>[images, grid * grid, hidden]</c> -> <c>[images, side * side,
    /// hidden]</c>.
    /// </summary>
    public static Tensor Pool(Tensor features, int side)
    {
        using var scope = NewDisposeScope();
        var grid = (long)Math.Sqrt(features.shape[1]);
        var square = features.transpose(1, 2).unflatten(2, [grid, grid]); // [images, hidden, grid, grid]
        return nn.functional.adaptive_avg_pool2d(square, [side, side]).flatten(2).transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Embed(Tensor inputIds, Tensor? pixelValues)
    {
        using var scope = NewDisposeScope();
        return InsertImages(inputIds, pixelValues is null ? null : ImageFeatures(pixelValues)).MoveToOuterDisposeScope();
    }

    /// <summary>Stacks images: <c>[images, 3, height, width]</c>; null without any.</summary>
    /// <exception cref="FoveaException">An image is not of the tower's size.</exception>
    public override Tensor? PackPixels(IReadOnlyList<PixelValues> images)
    {
        if (images.Count == 0)
        {
            return null;
        }

        var side = Config.Vision.ImageSize;
        var stacked = empty([images.Count, 3, side, side], ScalarType.Float32);
        var size = 3 * side * side;
        for (var i = 0; i < images.Count; i++)
        {
            var image = images[i];
            if (image.Channels != 3 || image.Height != side || image.Width != side || image.Values.Length != size)
            {
                throw new FoveaException(
                    $"image {i} of the batch is {image.Channels} x {image.Height} x {image.Width}; the tower expects 3 x {side} x {side}");
            }

            image.Values.CopyTo(TensorBytes.Elements<float>(stacked, (long)i * size, size));
        }

        return stacked;
    }

    internal override IEnumerable<Linear> Linears => [.. Decoder.Linears, .. Tower.Linears, .. Projector.Linears];

    internal override void CompleteConfig(JsonObject config)
    {
        if (!config.ContainsKey("image_token_index") && !config.ContainsKey("image_token_id") && Config.ImageTokenId != LlavaConfig.PlaceholderId)
        {
            config["image_token_index"] = Config.ImageTokenId;
        }
    }

    /// <summary>Of the tower: blocks behind the last feature layer, and what follows the blocks.</summary>
    internal override bool IsUnused(string parameter)
    {
        if (!parameter.StartsWith(TowerPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var name = parameter[TowerPrefix.Length..];
        return name.StartsWith("encoder.layers.", StringComparison.Ordinal)
            ? int.Parse(name.Split('.')[2], CultureInfo.InvariantCulture) >= Config.TowerDepths.Max()
            : name.StartsWith("post_layernorm.", StringComparison.Ordinal) || name.StartsWith("head.", StringComparison.Ordinal);
    }

    internal override JsonObject WriteConfig() => Config.Write();

    internal override void WriteCompanions(string folder) => (Tower as OnnxTower)?.WriteTo(folder);

    /// <inheritdoc/>
    internal override Tensor? ProjectedImages(IReadOnlyList<PixelValues> images, ImageFeatureCache cache) =>
        images.Count == 0 ? null : cache.Of(images, i => ImageFeatures(PackPixels([i])!.to(Decoder.Device)));

    /// <inheritdoc/>
    private protected override Tensor EmbedProjected(Tensor inputIds, Tensor features) => InsertImages(inputIds, features);

    /// <inheritdoc/>
    private protected override Tensor EmbedFeatures(Tensor inputIds, Tensor towerFeatures)
    {
        using var scope = NewDisposeScope();
        return InsertImages(inputIds, Project(towerFeatures)).MoveToOuterDisposeScope();
    }

    private Tensor InsertImages(Tensor inputIds, Tensor? imageFeatures)
    {
        // The placeholder may be outside the vocabulary; the row that is looked up for it is overwritten.
        var inside = Config.ImageTokenId >= 0 && Config.ImageTokenId < VocabSize;
        var embeddings = Decoder.Embed(inside ? inputIds : inputIds.Masked(inputIds.IsNumber(Config.ImageTokenId), 0));
        if (imageFeatures is null)
        {
            return embeddings;
        }

        var features = imageFeatures.flatten(0, 1); // [images * tokens, hidden]
        var places = Places(inputIds, Config.ImageTokenId, features.shape[0]);
        return embeddings.flatten(0, 1).index_copy_(0, places, features).view(embeddings.shape);
    }

    /// <inheritdoc/>
    private protected override void UseRecomputation(Recomputation? recomputation) => Tower.Recomputation = recomputation;

    internal static IEnumerable<ParameterSpec> Specs(LlavaConfig c) =>
    [
        .. c.Vision.Onnx is null ? VisionTower.Specs(c.Vision, TowerPrefix) : [],
        .. Projector.Specs((long)c.Vision.HiddenSize * c.FeatureLayers.Count, c.Text.HiddenSize, c.ProjectorDepth, c.ProjectorBias,
            c.Text.InitializerRange, ProjectorPrefix),
        .. Decoder.Specs(c.Text, TextPrefix),
    ];
}
