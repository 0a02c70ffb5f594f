using TorchSharp;

namespace Fovea.Models.Decoders;

/// <summary>What a decoder is run on. Tensors stay the caller's.</summary>
public sealed record DecoderInput
{
    /// <summary>Ids <c>[batch, seq]</c>, int64; this or <see cref="Embeddings"/>.</summary>
    public torch.Tensor? InputIds { get; init; }

    /// <summary>Embeddings <c>[batch, seq, hidden]</c>, float32.</summary>
    public torch.Tensor? Embeddings { get; init; }

    /// <summary>Positions <c>[batch, seq]</c>, int64; null for 0 .. seq-1 after what the cache holds.</summary>
    public torch.Tensor? PositionIds { get; init; }

    /// <summary>
    /// Segments <c>[batch, seq]</c>, int64: a token sees only earlier tokens of its own segment; 0 is padding.
    /// Null: one segment a row, which also serves padding on the right, since nothing before it sees it.
    /// </summary>
    public torch.Tensor? SegmentIds { get; init; }

    /// <summary>
    /// Tokens of each row before padding on its right: <c>[batch]</c>. What packed inference then leaves out; null where there is none, or it is not known:
    /// padding is computed too.
    /// </summary>
    public IReadOnlyList<int>? RowLengths { get; init; }

    /// <summary>Keys and values of the tokens before these; extended by these. Inference only.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>Flat indices (row * seq + column) where logits are wanted: <c>[wanted]</c>, int64; null for none.</summary>
    public torch.Tensor? LogitPositions { get; init; }

    /// <summary>Sees and may change attention.</summary>
    public IAttentionHook? Hook { get; init; }

    /// <summary>Whether every layer's hidden states are returned.</summary>
    public bool KeepHiddenStates { get; init; }
}

/// <summary>What a decoder returns. The caller owns the tensors, or the dispose scope it runs in.</summary>
/// <param name="Hidden">After the final norm: <c>[batch, seq, hidden]</c>.</param>
/// <param name="Logits">At the wanted positions: <c>[wanted, vocab]</c>, float32.</param>
/// <param name="HiddenStates">Embeddings, each block's output but the last's, and <paramref name="Hidden"/>: layers + 1 of <c>[batch, seq, hidden]</c>.</param>
public sealed record DecoderOutput(torch.Tensor Hidden, torch.Tensor? Logits, IReadOnlyList<torch.Tensor>? HiddenStates) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Hidden.Dispose();
        Logits?.Dispose();
        foreach (var state in HiddenStates ?? [])
        {
            state.Dispose();
        }
    }
}
