using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Inference;
using Fovea.Models.MixedPrecision;
using Fovea.Models.Parameters;
using Fovea.Models.Vision;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

/// <summary>A model whose text side is a <see cref="Decoders.Decoder"/>: all the families here.</summary>
public abstract partial class DecoderModel : VisionLanguageModel
{
    private readonly ParameterSet _parameters;
    private IDisposable? _memory;

    /// <summary>Takes ownership of the parameters.</summary>
    private protected DecoderModel(ParameterSet parameters, Decoder decoder)
    {
        _parameters = parameters;
        (Decoder, Mixed) = (decoder, new MixedPath(decoder));
        decoder.Training = Mixed;
    }

    /// <summary>The text side.</summary>
    public Decoder Decoder { get; }

    /// <summary>How training passes in bfloat16 are run.</summary>
    internal MixedPath Mixed { get; }

    /// <inheritdoc/>
    public override ParameterSet Parameters => _parameters;

    /// <inheritdoc/>
    public override int VocabSize => Decoder.Config.VocabSize;

    /// <inheritdoc/>
    public override int MaxLength => Decoder.Config.MaxPositions;

    /// <summary>Whether a token of this id stands for an image or a piece of one, as <see cref="VisionLanguageModel.ImageTokenIds"/> lays them out.</summary>
    public virtual bool IsImageToken(int id) => false;

    /// <summary>Types of the matrix products, everywhere in the model.</summary>
    public virtual MatmulPolicy Policy
    {
        get => Decoder.Policy;
        set => Decoder.Policy = value;
    }

    /// <summary>
    /// Lays weights out for inference in bfloat16, in copies (adapters merged): <see cref="Logits"/> is faster from now on, and does not see what is changed
    /// in the parameters later.
    /// </summary>
    public virtual void Pack() => Decoder.Inference = new PackedDecoder(Decoder);

    /// <inheritdoc/>
    public override Tensor Logits(ModelBatch batch)
    {
        using var scope = NewDisposeScope();
        var device = Decoder.Device;
        return Decoder.LogitsAt(new DecoderInput
        {
            Embeddings = batch.ImageFeatures is { } features ? EmbedProjected(batch.InputIds.to(device), features)
                : Embed(batch.InputIds.to(device), batch.PixelValues?.to(device)),
            PositionIds = batch.PositionIds?.to(device),
            SegmentIds = batch.SegmentIds?.to(device),
            RowLengths = batch.RowLengths,
            LogitPositions = batch.LogitPositions.to(device),
        }).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Final hidden states at the positions that predict the batch's targets: <c>[targets, hidden]</c>; <see cref="Decoders.Decoder.Head"/> makes logits of
    /// them.
    /// </summary>
    /// <param name="batch">Padded or packed.</param>
    /// <param name="recomputation">For gradient checkpointing: its <see cref="Recomputation.Backward"/> must follow the loss's; null to keep all that
    /// gradients need.</param>
    /// <param name="towerFeatures">The tower's features of the batch's images, computed before, in place of its pixels; null to compute them.</param>
    public Tensor Hidden(ModelBatch batch, Recomputation? recomputation = null, Tensor? towerFeatures = null)
    {
        using var scope = NewDisposeScope();
        var device = Decoder.Device;
        UseRecomputation(recomputation);
        try
        {
            var embeddings = towerFeatures is null
                ? Embed(batch.InputIds.to(device), batch.PixelValues?.to(Decoder.Type).to(device))
                : EmbedFeatures(batch.InputIds.to(device), towerFeatures);
            var hidden = Decoder.HiddenAt(
                new DecoderInput
                {
                    Embeddings = embeddings,
                    PositionIds = batch.PositionIds?.to(device),
                    SegmentIds = batch.SegmentIds?.to(device),
                    LogitPositions = batch.LogitPositions.to(device),
                },
                recomputation);
            return hidden.MoveToOuterDisposeScope();
        }
        finally
        {
            UseRecomputation(null);
        }
    }

    /// <summary>Embeds ids and sets images in their places, by way of a cache of their features where there is one: -> <c>[batch, seq, hidden]</c>.</summary>
    /// <param name="inputIds"><c>[batch, seq]</c>, on the model's device.</param>
    /// <param name="images">In order of their tokens.</param>
    /// <param name="cache">Null: all images are encoded, together.</param>
    internal Tensor Embed(Tensor inputIds, IReadOnlyList<PixelValues> images, ImageFeatureCache? cache)
    {
        using var scope = NewDisposeScope();
        var features = cache is null ? null : ProjectedImages(images, cache);
        return (features is null ? Embed(inputIds, PackPixels(images)?.to(inputIds.device)) : EmbedProjected(inputIds, features)).MoveToOuterDisposeScope();
    }

    /// <summary>Embeds ids and sets what <see cref="VisionLanguageModel.ProjectedImages"/> gives in the images' places.</summary>
    private protected virtual Tensor EmbedProjected(Tensor inputIds, Tensor features) =>
        throw new NotSupportedException($"{Family}: images have no features apart from their tokens");

    /// <summary>Embeds ids and sets projected tower features in the images' places: <c>[batch, seq]</c> -> <c>[batch, seq, hidden]</c>.</summary>
    private protected virtual Tensor EmbedFeatures(Tensor inputIds, Tensor towerFeatures) =>
        throw new FoveaException($"{Family}: there is no vision tower whose features could be kept");

    /// <summary>Hands gradient checkpointing to what comes before the decoder.</summary>
    private protected virtual void UseRecomputation(Recomputation? recomputation)
    {
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Decoder.Dispose();
        base.Dispose();
        _memory?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The folder this model was loaded from; null for a new model.</summary>
    internal CheckpointOrigin? Origin { get; private set; }

    /// <summary>Remembers where the model came from, and what must live as long as it.</summary>
    internal void Remember(CheckpointOrigin origin, IDisposable? memory) => (Origin, _memory) = (origin, memory);

    /// <summary>
    /// Whether nothing that the model computes depends on a parameter, which a checkpoint holds all the same, so that it never gets a gradient.
    /// </summary>
    internal virtual bool IsUnused(string parameter) => false;

    /// <summary>The configuration as Transformers 4.52 writes it.</summary>
    internal abstract System.Text.Json.Nodes.JsonObject WriteConfig();

    /// <summary>Writes what else the model is made of into its folder.</summary>
    internal virtual void WriteCompanions(string folder)
    {
    }

    /// <summary>Adds to the configuration a model was loaded with what was given beside it.</summary>
    internal virtual void CompleteConfig(System.Text.Json.Nodes.JsonObject config)
    {
    }

    /// <summary>Flat indices of the places of <paramref name="id"/>, in row-major order: <c>[places]</c>.</summary>
    /// <exception cref="FoveaException">There are not as many as image vectors.</exception>
    private protected static Tensor Places(Tensor inputIds, int id, long numVectors)
    {
        var places = inputIds.flatten().IsNumber(id).nonzero().squeeze(1);
        return places.shape[0] == numVectors
            ? places
            : throw new FoveaException($"{places.shape[0]} image tokens (id {id}) in the batch for {numVectors} image vectors; expected as many");
    }
}
