using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>Which keys a query may look at.</summary>
internal static class AttentionMask
{
    /// <summary>
    /// 0 where allowed, -inf elsewhere: <c>[batch or 1, 1, query, key]</c>. Allowed: not later, of the same segment, within the window.
    /// Padding sees padding, so that no row is empty.
    /// </summary>
    /// <param name="segments">Of all keys <c>[batch, key]</c>; the queries are the last ones. Null: one segment.</param>
    /// <param name="numQueries">New tokens per row.</param>
    /// <param name="numKeys">Held and new tokens per row.</param>
    /// <param name="window">A query sees itself and window - 1 tokens before it; null for all.</param>
    /// <param name="device">Where.</param>
    public static Tensor Additive(Tensor? segments, long numQueries, long numKeys, int? window, Device device)
    {
        using var scope = NewDisposeScope();
        var first = numKeys - numQueries;
        var keys = TensorNumbers.Range(0, numKeys, device: device).unsqueeze(0); // [1, key]
        var queries = TensorNumbers.Range(first, numKeys, device: device).unsqueeze(1); // [query, 1]
        var barred = keys > queries; // [query, key]
        if (window is { } w)
        {
            barred = barred.logical_or(keys <= queries.Minus(w));
        }

        if (segments is null)
        {
            barred = barred.unsqueeze(0); // [1, query, key]
        }
        else
        {
            var own = segments.narrow(1, first, numQueries).unsqueeze(2); // [batch, query, 1]
            barred = own.ne(segments.unsqueeze(1)).logical_or(barred); // [batch, query, key]
        }

        return zeros(barred.shape, ScalarType.Float32, device).MaskInPlace(barred, float.NegativeInfinity).unsqueeze(1).MoveToOuterDisposeScope();
    }
}
