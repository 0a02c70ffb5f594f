using Fovea.Models.Kernels;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>Causal attention of a training step in bfloat16, its probabilities kept for the gradient, which is written out.</summary>
internal sealed class CausalAttention : IDisposable
{
    private const long MostBytes = 64L << 20;
    private readonly Tensor _query, _key, _value; // [batch * heads, seq, head_dim]
    private readonly List<(Attention.Piece Piece, Tensor Probabilities)> _pieces = []; // [heads at hand, queries, keys]
    private readonly Attention _attention;

    /// <summary>Computes <see cref="Output"/>. Owns what it is given.</summary>
    /// <param name="attention">Heads and mask.</param>
    /// <param name="query">Turned and scaled: <c>[batch * heads, seq, head_dim]</c>.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    public CausalAttention(Attention attention, Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        _attention = attention;
        (_query, _key, _value) = (query.DetachFromDisposeScope(), key.DetachFromDisposeScope(), value.DetachFromDisposeScope());
        var output = empty([query.shape[0] / attention.Heads, query.shape[1], attention.Heads, query.shape[2]], query.dtype, query.device);
        foreach (var piece in attention.Pieces(query.shape[0], query.shape[1]))
        {
            using var inner = NewDisposeScope();
            var probabilities = attention.Probabilities(piece, query, key);
            attention.Put(output, piece, probabilities.bmm(piece.Keys(value)));
            _pieces.Add((piece, probabilities.DetachFromDisposeScope()));
        }

        Output = output.flatten(2).DetachFromDisposeScope();
    }

    /// <summary><c>[batch, seq, heads * head_dim]</c>.</summary>
    public Tensor Output { get; }

    /// <summary>Whether the probabilities of such queries are worth their memory.</summary>
    public static bool Fits(long batch, long heads, long seq) => batch * heads * seq * (seq + 128) <= MostBytes; // half of them, two bytes each

    /// <summary>How many probabilities are kept a row and head.</summary>
    public static long Probabilities(long seq) => new Attention(true, null, 1).Pieces(1, seq).Sum(p => p.Length * p.NumKeys);

    /// <summary>All that is held between the passes.</summary>
    internal IEnumerable<Tensor> Kept => [_query, _key, _value, Output, .. _pieces.Select(p => p.Probabilities)];

    /// <summary>Gradients of query, key and value, each <c>[batch * heads, seq, head_dim]</c>.</summary>
    /// <param name="gradient">Of the output: <c>[batch, seq, heads * head_dim]</c>.</param>
    public (Tensor Query, Tensor Key, Tensor Value) Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var above = gradient.unflatten(2, [_attention.Heads, -1]).transpose(1, 2).flatten(0, 1).contiguous(); // [batch * heads, seq, head_dim]
        var (query, key, value) = (empty_like(_query), zeros_like(_key), zeros_like(_value));
        foreach (var (piece, probabilities) in _pieces)
        {
            using var inner = NewDisposeScope();
            var rows = piece.Queries(above); // [heads at hand, queries, head_dim]
            piece.Keys(value).add_(probabilities.transpose(1, 2).bmm(rows));
            var scores = rows.bmm(piece.Keys(_value).transpose(1, 2)); // [heads at hand, queries, keys]
            SoftmaxKernel.Backward(scores, probabilities, _attention.Seen(piece));
            piece.Queries(query).copy_(scores.bmm(piece.Keys(_key)));
            piece.Keys(key).add_(scores.transpose(1, 2).bmm(piece.Queries(_query)));
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
}
