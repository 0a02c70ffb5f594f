using Fovea.Core.Errors;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using static TorchSharp.torch;

namespace Fovea.Models.Families;

/// <summary>A model whose text side is a <see cref="Decoders.Decoder"/>: all the families here.</summary>
public abstract class DecoderModel : VisionLanguageModel
{
    private readonly ParameterSet _parameters;

    /// <summary>Takes ownership of the parameters.</summary>
    private protected DecoderModel(ParameterSet parameters, Decoder decoder)
    {
        _parameters = parameters;
        Decoder = decoder;
    }

    /// <summary>The text side.</summary>
    public Decoder Decoder { get; }

    /// <inheritdoc/>
    public override ParameterSet Parameters => _parameters;

    /// <inheritdoc/>
    public override int VocabSize => Decoder.Config.VocabSize;

    /// <inheritdoc/>
    public override int MaxLength => Decoder.Config.MaxPositions;

    /// <summary>Types of the matrix products, everywhere in the model.</summary>
    public virtual MatmulPolicy Policy
    {
        get => Decoder.Policy;
        set => Decoder.Policy = value;
    }

    /// <inheritdoc/>
    public override Tensor Logits(ModelBatch batch)
    {
        using var scope = NewDisposeScope();
        var device = Decoder.Device;
        var output = Decoder.Forward(new DecoderInput
        {
            Embeddings = Embed(batch.InputIds.to(device), batch.PixelValues?.to(device)),
            LogitPositions = batch.LogitPositions.to(device),
        });
        return output.Logits!.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Decoder.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The configuration as Transformers 4.52 writes it.</summary>
    internal abstract System.Text.Json.Nodes.JsonObject WriteConfig();

    /// <summary>Flat indices of the places of <paramref name="id"/>, in row-major order: <c>[places]</c>.</summary>
    /// <exception cref="FoveaException">There are not as many as image vectors.</exception>
    private protected static Tensor Places(Tensor inputIds, int id, long numVectors)
    {
        var places = inputIds.flatten().eq(id).nonzero().squeeze(1);
        return places.shape[0] == numVectors
            ? places
            : throw new FoveaException($"{places.shape[0]} image tokens (id {id}) in the batch for {numVectors} image vectors; expected as many");
    }
}
