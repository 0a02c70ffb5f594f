namespace Fovea.Models.MixedPrecision;

/// <summary>How attention in a training step is cut into pieces, and when its probabilities are kept, which changes no bit of the gradients.</summary>
/// <param name="MostKeptBytes">Largest probabilities of one layer that are kept for the gradient; larger ones are computed again there.</param>
/// <param name="MostQueries">Queries of a piece.</param>
/// <param name="MostScoreBytes">Largest scores of a piece, so that they stay in the cache; a piece has one head at least.</param>
internal sealed record AttentionPieces(long MostKeptBytes = 64L << 20, long MostQueries = 128, long MostScoreBytes = 8L << 20)
{
    /// <summary>What training uses.</summary>
    public static AttentionPieces Default { get; } = new();

    /// <summary>Whether the probabilities of such queries are worth their memory.</summary>
    public bool Keeps(long batch, long heads, long seq) =>
        (Int128)batch * heads * seq * (seq + MostQueries) <= MostKeptBytes; // half of all scores, two bytes each

    /// <summary>How many probabilities a row and head has.</summary>
    public long Probabilities(long seq) => Of(1, 1, seq).Sum(p => p.Length * p.NumKeys);

    /// <summary>The pieces of <paramref name="rows"/> rows of heads, in order: of whole sequences together, or of a part of one's heads.</summary>
    /// <param name="heads">Of a sequence.</param>
    /// <param name="rows">Sequences times heads.</param>
    /// <param name="seq">Tokens.</param>
    public IEnumerable<AttentionPiece> Of(long heads, long rows, long seq)
    {
        var length = Math.Min(seq, MostQueries);
        var most = Math.Max(1, MostScoreBytes / (length * seq * sizeof(ushort)));
        var together = most >= heads ? most / heads * heads : Enumerable.Range(1, (int)most).Last(n => heads % n == 0);
        for (var head = 0L; head < rows; head += together)
        {
            for (var start = 0L; start < seq; start += length)
            {
                yield return new AttentionPiece(head, Math.Min(together, rows - head), start, Math.Min(length, seq - start));
            }
        }
    }
}

/// <summary>A part of the queries of some heads, and the keys that they can see.</summary>
/// <param name="FirstHead">Of all rows of heads.</param>
/// <param name="NumHeads">How many.</param>
/// <param name="Start">First query.</param>
/// <param name="Length">How many queries.</param>
internal readonly record struct AttentionPiece(long FirstHead, long NumHeads, long Start, long Length)
{
    public long NumKeys => Start + Length;
}
