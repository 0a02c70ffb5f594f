using Fovea.Models.Kernels;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>
/// Causal attention of a training step in bfloat16 by plain products, with its gradient written out. Queries go in pieces, each against the keys up to its
/// end, and only so many heads at a time that their scores stay in the cache. Probabilities are kept for the gradient, or, where they are too large for that,
/// computed again piece by piece, to the same bits.
/// </summary>
internal sealed class CausalAttention : IDisposable
{
    private readonly Tensor _query, _key, _value; // [batch * heads, seq, head_dim]
    private readonly long _heads;
    private readonly Tensor? _mask;
    private readonly List<(AttentionPiece Piece, Tensor? Probabilities)> _pieces = []; // [heads at hand, queries, keys]

    /// <summary>Computes <see cref="Output"/>. Owns query, key and value.</summary>
    /// <param name="pieces">How much at a time, and how much is kept.</param>
    /// <param name="heads">A sequence.</param>
    /// <param name="mask">Added to scores: bfloat16 <c>[batch or 1, 1, seq, seq]</c>; null for none.</param>
    /// <param name="query">Turned and scaled: <c>[batch * heads, seq, head_dim]</c>.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    public CausalAttention(AttentionPieces pieces, long heads, Tensor? mask, Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        (_heads, _mask) = (heads, mask);
        (_query, _key, _value) = (query.DetachFromDisposeScope(), key.DetachFromDisposeScope(), value.DetachFromDisposeScope());
        var (rows, seq) = (query.shape[0], query.shape[1]);
        var keeps = pieces.Keeps(rows / heads, heads, seq);
        var output = empty([rows / heads, seq, heads, query.shape[2]], query.dtype, query.device);
        foreach (var piece in pieces.Of(heads, rows, seq))
        {
            using var inner = NewDisposeScope();
            var probabilities = Probabilities(piece);
            Put(output, piece, probabilities.bmm(Keys(piece, value)));
            _pieces.Add((piece, keeps ? probabilities.DetachFromDisposeScope() : null));
        }

        Output = output.flatten(2).DetachFromDisposeScope();
    }

    /// <summary><c>[batch, seq, heads * head_dim]</c>.</summary>
    public Tensor Output { get; }

    /// <summary>All that is held between the passes.</summary>
    internal IEnumerable<Tensor> Kept => [_query, _key, _value, Output, .. _pieces.Select(p => p.Probabilities).OfType<Tensor>()];

    /// <summary>Gradients of query, key and value, each <c>[batch * heads, seq, head_dim]</c>.</summary>
    /// <param name="gradient">Of the output: <c>[batch, seq, heads * head_dim]</c>.</param>
    public (Tensor Query, Tensor Key, Tensor Value) Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var above = gradient.unflatten(2, [_heads, -1]).transpose(1, 2).flatten(0, 1).contiguous(); // [batch * heads, seq, head_dim]
        var (query, key, value) = (empty_like(_query), zeros_like(_key), zeros_like(_value));
        foreach (var (piece, kept) in _pieces)
        {
            using var inner = NewDisposeScope();
            var probabilities = kept ?? Probabilities(piece);
            var rows = Queries(piece, above); // [heads at hand, queries, head_dim]
            Keys(piece, value).AddInPlace(probabilities.transpose(1, 2).bmm(rows));
            var scores = rows.bmm(Keys(piece, _value).transpose(1, 2)); // [heads at hand, queries, keys]
            SoftmaxKernel.Backward(scores, probabilities, Seen(piece));
            Queries(piece, query).copy_(scores.bmm(Keys(piece, _key)));
            Keys(piece, key).AddInPlace(scores.transpose(1, 2).bmm(Queries(piece, _query)));
        }

        return (query.MoveToOuterDisposeScope(), key.MoveToOuterDisposeScope(), value.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        foreach (var tensor in Kept)
        {
            tensor.Dispose();
        }
    }

    private Tensor Probabilities(AttentionPiece piece)
    {
        var probabilities = Queries(piece, _query).bmm(Keys(piece, _key).transpose(1, 2)); // scores at first
        SoftmaxKernel.Forward(probabilities, Seen(piece));
        return probabilities;
    }

    private Visible Seen(AttentionPiece piece) => new(piece.Start, _mask, piece.FirstHead, _heads);

    /// <summary>Writes a piece <c>[heads at hand, queries, dim]</c> to its place in <c>[batch, seq, heads, dim]</c>.</summary>
    private void Put(Tensor output, AttentionPiece piece, Tensor mixed)
    {
        var sequences = Math.Max(1, piece.NumHeads / _heads);
        output.narrow(0, piece.FirstHead / _heads, sequences).narrow(1, piece.Start, piece.Length)
            .narrow(2, piece.FirstHead % _heads, piece.NumHeads / sequences)
            .copy_(mixed.unflatten(0, [sequences, -1]).transpose(1, 2));
    }

    /// <summary><c>[heads, seq, dim]</c> -> the queries' part.</summary>
    private static Tensor Queries(AttentionPiece piece, Tensor x) => x.narrow(0, piece.FirstHead, piece.NumHeads).narrow(1, piece.Start, piece.Length);

    /// <summary><c>[heads, seq, dim]</c> -> the keys' part.</summary>
    private static Tensor Keys(AttentionPiece piece, Tensor x) => x.narrow(0, piece.FirstHead, piece.NumHeads).narrow(1, 0, piece.NumKeys);
}
