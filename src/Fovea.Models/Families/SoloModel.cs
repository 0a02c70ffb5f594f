using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

/// <summary>
/// SOLO (arXiv 2407.06438): one decoder for text and patches. A linear map of each flattened patch is added to the embedding
/// of its <c>&lt;vpatch&gt;</c> token; images keep their shape.
/// </summary>
public sealed class SoloModel : DecoderModel
{
    private const string Prefix = "model.";
    internal const string PatchName = "model.embed_vision_patch";
    private readonly Linear _patchEmbedding; // [hidden, 3 * patch * patch]

    /// <summary>Takes ownership of the parameters.</summary>
    internal SoloModel(SoloConfig config, ParameterSet parameters)
        : base(parameters, new Decoder(config.Text, parameters, Prefix))
    {
        Config = config;
        _patchEmbedding = new Linear(parameters, PatchName, bias: false);
    }

    /// <summary>Shape of the whole.</summary>
    public SoloConfig Config { get; }

    /// <inheritdoc/>
    public override string Family => "solo";

    /// <inheritdoc/>
    public override bool SeesImages => true;

    /// <summary><c>&lt;vision&gt;</c>, rows of <c>&lt;vpatch&gt;</c> with <c>&lt;vrow_sep&gt;</c> between them, <c>&lt;/vision&gt;</c>.</summary>
    public override int[] ImageTokenIds(int height, int width)
    {
        var (rows, columns) = Grid(height, width);
        var ids = new List<int>((rows * (columns + 1)) + 1) { Config.TokenIds.Vision };
        for (var row = 0; row < rows; row++)
        {
            if (row > 0)
            {
                ids.Add(Config.TokenIds.RowSeparator);
            }

            ids.AddRange(Enumerable.Repeat(Config.TokenIds.Patch, columns));
        }

        ids.Add(Config.TokenIds.VisionEnd);
        return [.. ids];
    }

    /// <inheritdoc/>
    public override bool IsImageToken(int id) => Config.TokenIds is var ids
        && (id == ids.Patch || id == ids.RowSeparator || id == ids.Vision || id == ids.VisionEnd);

    /// <inheritdoc/>
    public override Tensor Embed(Tensor inputIds, Tensor? pixelValues)
    {
        using var scope = NewDisposeScope();
        var embeddings = Decoder.Embed(inputIds);
        if (pixelValues is not null)
        {
            var vectors = _patchEmbedding.Forward(pixelValues, Policy.Mlp); // [patches, hidden]
            var places = Places(inputIds, Config.TokenIds.Patch, vectors.shape[0]);
            embeddings = embeddings.flatten(0, 1).AddAtInPlace(0, places, vectors).view(embeddings.shape);
        }

        return embeddings.MoveToOuterDisposeScope();
    }

    /// <summary>Cuts images into patches, flattened by channel, row, column, in reading order: <c>[patches, 3 * patch * patch]</c>; null without any.</summary>
    /// <exception cref="FoveaException">An image's sides are not multiples of the patch.</exception>
    public override Tensor? PackPixels(IReadOnlyList<PixelValues> images)
    {
        if (images.Count == 0)
        {
            return null;
        }

        var size = Config.PatchSize;
        var numPatches = images.Sum(i => Grid(i.Height, i.Width) is var (rows, columns) ? (long)rows * columns : 0);
        var patches = empty([numPatches, 3 * size * size], ScalarType.Float32);
        var done = 0L;
        foreach (var image in images)
        {
            if (image.Channels != 3 || image.Values.Length != 3L * image.Height * image.Width)
            {
                throw new FoveaException(
                    $"an image of {image.Channels} channels and {image.Values.Length} values; expected 3 x {image.Height} x {image.Width}");
            }

            Cut(image, size, TensorBytes.Elements<float>(patches, done, image.Values.Length));
            done += image.Values.Length;
        }

        return patches;
    }

    internal override IEnumerable<Linear> Linears => [.. Decoder.Linears, _patchEmbedding];

    internal override void CompleteConfig(JsonObject config)
    {
        if (!config.ContainsKey("vision_token_ids"))
        {
            config["vision_token_ids"] = Config.WriteIds();
        }
    }

    internal override JsonObject WriteConfig() => Config.Write();

    internal static IEnumerable<ParameterSpec> Specs(SoloConfig c) =>
    [
        new ParameterSpec(PatchName + ".weight", [c.Text.HiddenSize, 3L * c.PatchSize * c.PatchSize], Initial.Normal(c.Text.InitializerRange)),
        .. Decoder.Specs(c.Text, Prefix),
    ];

    private static void Cut(PixelValues image, int size, Span<float> to)
    {
        for (var top = 0; top < image.Height; top += size)
        {
            for (var left = 0; left < image.Width; left += size)
            {
                for (var line = 0; line < 3 * size; line++)
                {
                    var from = (((((line / size) * image.Height) + top + (line % size)) * image.Width)) + left;
                    image.Values.AsSpan(from, size).CopyTo(to);
                    to = to[size..];
                }
            }
        }
    }

    private (int Rows, int Columns) Grid(int height, int width)
    {
        var size = Config.PatchSize;
        return height > 0 && width > 0 && height % size == 0 && width % size == 0
            ? (height / size, width / size)
            : throw new FoveaException($"an image of {height} x {width} pixels; expected multiples of the patch's {size}");
    }
}
