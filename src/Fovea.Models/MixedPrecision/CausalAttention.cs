using Fovea.Models.Kernels;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>
/// Causal attention of a training step in bfloat16 by plain products, its probabilities kept for the gradient, which is written out. Queries go in pieces, each against the keys up to its end, and
/// only so many heads at a time that their scores stay in the cache.
/// </summary>
internal sealed class CausalAttention : IDisposable
{
    private const long MostKeptBytes = 64L << 20, MostQueries = 128, MostScoreBytes = 8L << 20;
    private readonly Tensor _query, _key, _value; // [batch * heads, seq, head_dim]
    private readonly long _heads;
    private readonly Tensor? _mask;
    private readonly List<(Piece Piece, Tensor Probabilities)> _pieces = []; // [heads at hand, queries, keys]

    /// <summary>Computes <see cref="Output"/>. Owns query, key and value.</summary>
    /// <param name="heads">A sequence.</param>
    /// <param name="mask">Added to scores: bfloat16 <c>[batch or 1, 1, seq, seq]</c>; null for none.</param>
    /// <param name="query">Turned and scaled: <c>[batch * heads, seq, head_dim]</c>.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    public CausalAttention(long heads, Tensor? mask, Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        (_heads, _mask) = (heads, mask);
        (_query, _key, _value) = (query.DetachFromDisposeScope(), key.DetachFromDisposeScope(), value.DetachFromDisposeScope());
        var output = empty([query.shape[0] / heads, query.shape[1], heads, query.shape[2]], query.dtype, query.device);
        foreach (var piece in Pieces(heads, query.shape[0], query.shape[1]))
        {
            using var inner = NewDisposeScope();
            var probabilities = piece.Queries(query).bmm(piece.Keys(key).transpose(1, 2)); // scores at first
            SoftmaxKernel.Forward(probabilities, Seen(piece));
            Put(output, piece, probabilities.bmm(piece.Keys(value)));
            _pieces.Add((piece, probabilities.DetachFromDisposeScope()));
        }

        Output = output.flatten(2).DetachFromDisposeScope();
    }

    /// <summary><c>[batch, seq, heads * head_dim]</c>.</summary>
    public Tensor Output { get; }

    /// <summary>Whether the probabilities of such queries are worth their memory.</summary>
    public static bool Fits(long batch, long heads, long seq) => batch * heads * seq * (seq + MostQueries) <= MostKeptBytes; // half of them, two bytes each

    /// <summary>How many probabilities are kept a row and head.</summary>
    public static long Probabilities(long seq) => Pieces(1, 1, seq).Sum(p => p.Length * p.NumKeys);

    /// <summary>All that is held between the passes.</summary>
    internal IEnumerable<Tensor> Kept => [_query, _key, _value, Output, .. _pieces.Select(p => p.Probabilities)];

    /// <summary>Gradients of query, key and value, each <c>[batch * heads, seq, head_dim]</c>.</summary>
    /// <param name="gradient">Of the output: <c>[batch, seq, heads * head_dim]</c>.</param>
    public (Tensor Query, Tensor Key, Tensor Value) Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var above = gradient.unflatten(2, [_heads, -1]).transpose(1, 2).flatten(0, 1).contiguous(); // [batch * heads, seq, head_dim]
        var (query, key, value) = (empty_like(_query), zeros_like(_key), zeros_like(_value));
        foreach (var (piece, probabilities) in _pieces)
        {
            using var inner = NewDisposeScope();
            var rows = piece.Queries(above); // [heads at hand, queries, head_dim]
            piece.Keys(value).add_(probabilities.transpose(1, 2).bmm(rows));
            var scores = rows.bmm(piece.Keys(_value).transpose(1, 2)); // [heads at hand, queries, keys]
            SoftmaxKernel.Backward(scores, probabilities, Seen(piece));
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

    private Visible Seen(Piece piece) => new(piece.Start, _mask, piece.FirstHead, _heads);

    /// <summary>Writes a piece <c>[heads at hand, queries, dim]</c> to its place in <c>[batch, seq, heads, dim]</c>.</summary>
    private void Put(Tensor output, Piece piece, Tensor mixed)
    {
        var sequences = Math.Max(1, piece.NumHeads / _heads);
        output.narrow(0, piece.FirstHead / _heads, sequences).narrow(1, piece.Start, piece.Length).narrow(2, piece.FirstHead % _heads, piece.NumHeads / sequences)
            .copy_(mixed.unflatten(0, [sequences, -1]).transpose(1, 2));
    }

    /// <summary>The pieces of <paramref name="rows"/> rows of heads, in order: of whole sequences together, or of a part of one's heads.</summary>
    private static IEnumerable<Piece> Pieces(long heads, long rows, long seq)
    {
        var length = Math.Min(seq, MostQueries);
        var most = Math.Max(1, MostScoreBytes / (length * seq * sizeof(ushort)));
        var together = most >= heads ? most / heads * heads : Enumerable.Range(1, (int)most).Last(n => heads % n == 0);
        for (var head = 0L; head < rows; head += together)
        {
            for (var start = 0L; start < seq; start += length)
            {
                yield return new Piece(head, Math.Min(together, rows - head), start, Math.Min(length, seq - start));
            }
        }
    }

    /// <summary>A part of the queries of some heads, and the keys that they can see.</summary>
    /// <param name="FirstHead">Of all rows of heads.</param>
    /// <param name="NumHeads">How many.</param>
    /// <param name="Start">First query.</param>
    /// <param name="Length">How many.</param>
    private readonly record struct Piece(long FirstHead, long NumHeads, long Start, long Length)
    {
        public long NumKeys => Start + Length;

        /// <summary><c>[heads, seq, dim]</c> -> the queries' part.</summary>
        public Tensor Queries(Tensor x) => x.narrow(0, FirstHead, NumHeads).narrow(1, Start, Length);

        /// <summary><c>[heads, seq, dim]</c> -> the keys' part.</summary>
        public Tensor Keys(Tensor x) => x.narrow(0, FirstHead, NumHeads).narrow(1, 0, NumKeys);
    }
}
