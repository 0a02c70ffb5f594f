using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>Rows of one length that are neighbours in a pass whose tokens follow each other without the padding that made rows equal.</summary>
/// <param name="FirstToken">Where they begin.</param>
/// <param name="FirstRow">Their first row in the batch.</param>
/// <param name="NumRows">How many.</param>
/// <param name="Length">Tokens of each.</param>
internal sealed record RowGroup(long FirstToken, long FirstRow, long NumRows, long Length)
{
    /// <summary>Neighbours of equal length together; rows without a token in none.</summary>
    public static IReadOnlyList<RowGroup> Of(IReadOnlyList<long> lengths)
    {
        var groups = new List<RowGroup>();
        var token = 0L;
        for (var row = 0; row < lengths.Count; token += lengths[row++])
        {
            if (groups.Count > 0 && groups[^1] is var last && last.Length == lengths[row] && last.FirstRow + last.NumRows == row)
            {
                groups[^1] = last with { NumRows = last.NumRows + 1 };
            }
            else if (lengths[row] > 0)
            {
                groups.Add(new RowGroup(token, row, 1, lengths[row]));
            }
        }

        return groups;
    }

    /// <summary>Causal attention within each row.</summary>
    /// <param name="query"><c>[heads, tokens, dim]</c>, of the whole pass.</param>
    /// <param name="key">The same shape.</param>
    /// <param name="value">The same shape.</param>
    /// <param name="mask">Additive: <c>[batch or 1, 1, seq, seq]</c>; null for causal.</param>
    /// <returns><c>[tokens of the group, heads * dim]</c>.</returns>
    public Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        Tensor Rows(Tensor x) => x.narrow(1, FirstToken, NumRows * Length).unflatten(1, [NumRows, Length]).transpose(0, 1); // [rows, heads, length, dim]
        var own = mask?.narrow(0, mask.shape[0] == 1 ? 0 : FirstRow, mask.shape[0] == 1 ? 1 : NumRows).narrow(2, 0, Length).narrow(3, 0, Length);
        return nn.functional.scaled_dot_product_attention(Rows(query), Rows(key), Rows(value), own!, is_casual: own is null)
            .transpose(1, 2).flatten(2).flatten(0, 1);
    }
}
