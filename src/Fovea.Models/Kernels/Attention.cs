using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>
/// Attention in bfloat16 by plain products, which processors with matrix units do faster than the fused operator: queries in pieces, each against the keys up to its end where attention
/// is causal, and only so many heads at a time that their scores stay in the cache.
/// </summary>
/// <param name="IsCausal">Whether a query sees no key after it.</param>
/// <param name="Mask">Added to scores: bfloat16 <c>[batch or 1, 1, seq, seq]</c>; null for none.</param>
/// <param name="Heads">Heads a sequence.</param>
internal sealed record Attention(bool IsCausal, Tensor? Mask, long Heads)
{
    private const long MostQueries = 128, MostBytes = 2 << 20;

    /// <summary>A part of the queries of some heads of one sequence.</summary>
    /// <param name="FirstHead">Of all rows of heads.</param>
    /// <param name="NumHeads">How many.</param>
    /// <param name="Start">First query.</param>
    /// <param name="Length">How many.</param>
    /// <param name="NumKeys">Keys that they can see.</param>
    internal readonly record struct Piece(long FirstHead, long NumHeads, long Start, long Length, long NumKeys)
    {
        /// <summary><c>[heads, seq, dim]</c> -> the queries' part.</summary>
        public Tensor Queries(Tensor x) => x.narrow(0, FirstHead, NumHeads).narrow(1, Start, Length);

        /// <summary><c>[heads, seq, dim]</c> -> the keys' part.</summary>
        public Tensor Keys(Tensor x) => x.narrow(0, FirstHead, NumHeads).narrow(1, 0, NumKeys);
    }

    /// <summary>Mixes values and forgets the probabilities.</summary>
    /// <param name="query">Scaled: <c>[batch * heads, seq, dim]</c>.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    /// <returns><c>[batch, seq, heads * dim]</c>.</returns>
    public Tensor Mix(Tensor query, Tensor key, Tensor value)
    {
        var output = empty([query.shape[0] / Heads, query.shape[1], Heads, query.shape[2]], query.dtype, query.device);
        foreach (var piece in Pieces(query.shape[0], query.shape[1]))
        {
            using var scope = NewDisposeScope();
            Put(output, piece, Probabilities(piece, query, key).bmm(piece.Keys(value)));
        }

        return output.flatten(2);
    }

    /// <summary>Who looks at whom in a piece: <c>[heads at hand, queries, keys]</c>.</summary>
    internal Tensor Probabilities(Piece piece, Tensor query, Tensor key)
    {
        var scores = piece.Queries(query).bmm(piece.Keys(key).transpose(1, 2));
        SoftmaxKernel.Forward(scores, Seen(piece));
        return scores;
    }

    /// <summary>What the queries of a piece can see.</summary>
    internal Visible Seen(Piece piece) => new(piece.Start, IsCausal, Mask, piece.FirstHead, Heads);

    /// <summary>Writes a piece <c>[heads at hand, queries, dim]</c> to its place in <c>[batch, seq, heads, dim]</c>.</summary>
    internal void Put(Tensor output, Piece piece, Tensor mixed) => output.select(0, piece.FirstHead / Heads)
        .narrow(0, piece.Start, piece.Length).narrow(1, piece.FirstHead % Heads, piece.NumHeads).copy_(mixed.transpose(0, 1));

    /// <summary>The pieces of all heads, in order.</summary>
    internal IEnumerable<Piece> Pieces(long rows, long seq)
    {
        var length = IsCausal ? Math.Min(seq, MostQueries) : seq;
        var together = Heads;
        for (var parts = 1L; together > 1 && together * length * seq * sizeof(ushort) > MostBytes; together = Heads / parts)
        {
            parts++;
            while (Heads % parts != 0)
            {
                parts++;
            }
        }

        for (var head = 0L; head < rows; head += together)
        {
            for (var start = 0L; start < seq; start += length)
            {
                var queries = Math.Min(length, seq - start);
                yield return new Piece(head, together, start, queries, IsCausal ? start + queries : seq);
            }
        }
    }
}
