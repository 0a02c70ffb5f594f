using Fovea.Models.Configs;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// Keys and values of the tokens a decoder has seen. Buffers grow by doubling up to a fixed capacity, so that a token costs a constant amount
/// of copying on average, and a large capacity costs nothing until it is used. Not for training.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private const int Chunk = 64;
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private Tensor? _segments;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="config">The decoder's.</param>
    /// <param name="batch">Rows.</param>
    /// <param name="capacity">Most tokens per row, padding included.</param>
    public KeyValueCache(DecoderConfig config, int batch, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        (Batch, Capacity) = (batch, capacity);
        _keys = new Tensor?[config.NumLayers];
        _values = new Tensor?[config.NumLayers];
    }

    /// <summary>Most tokens per row.</summary>
    public int Capacity { get; }

    /// <summary>Tokens that each row holds.</summary>
    public int Length { get; private set; }

    /// <summary>Rows.</summary>
    public int Batch { get; private set; }

    /// <summary>Keeps the given rows, in that order; a row may be given more than once (beams), or not at all (finished).</summary>
    /// <param name="rows">Row indices <c>[new batch]</c>, int64.</param>
    public void SelectRows(Tensor rows)
    {
        foreach (var buffers in new[] { _keys, _values })
        {
            for (var i = 0; i < buffers.Length; i++)
            {
                using var old = buffers[i];
                buffers[i] = old?.index_select(0, rows).DetachFromDisposeScope();
            }
        }

        using var segments = _segments;
        _segments = segments?.index_select(0, rows).DetachFromDisposeScope();
        Batch = (int)rows.shape[0];
    }

    /// <summary>
    /// Exchanges rows that have their first tokens in common, as beams of one prompt have: only the tokens behind those are copied.
    /// </summary>
    /// <param name="rows">For each row the one whose tokens it continues: <c>[batch]</c>, int64.</param>
    /// <param name="common">How many first tokens (padding included) are the same in a row and the one it is replaced by.</param>
    public void ReorderRows(Tensor rows, int common)
    {
        if (rows.shape[0] != Batch)
        {
            throw new ArgumentException($"{rows.shape[0]} rows; expected {Batch}", nameof(rows));
        }

        if (common >= Length)
        {
            return;
        }

        foreach (var buffer in _keys.Concat(_values))
        {
            if (buffer is not null)
            {
                using var part = buffer.narrow(1, common, Length - common); // [batch, tokens behind, kv_heads, head_dim]
                using var reordered = part.index_select(0, rows);
                part.copy_(reordered);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
        {
            tensor?.Dispose();
        }

        _segments?.Dispose();
    }

    /// <summary>Writes one layer's new keys and values <c>[batch, seq, kv_heads, head_dim]</c> and returns all: <c>[batch, length + seq, ...]</c>.</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values) =>
        (Append(ref _keys[layer], keys), Append(ref _values[layer], values));

    /// <summary>Joins the new tokens' segments to those held; null means segment 1.</summary>
    internal Tensor? JoinSegments(Tensor? segments, long batch, long seq, Device device)
    {
        if (Length + seq > Capacity)
        {
            throw new InvalidOperationException($"key-value cache: {Length} + {seq} tokens exceed its capacity of {Capacity}");
        }

        if (segments is null && _segments is null)
        {
            return null;
        }

        var before = _segments ?? ones([batch, Length], ScalarType.Int64, device);
        var joined = cat([before, segments ?? ones([batch, seq], ScalarType.Int64, device)], 1).DetachFromDisposeScope();
        _segments?.Dispose();
        return _segments = joined;
    }

    internal void Advance(long seq) => Length += (int)seq;

    private Tensor Append(ref Tensor? buffer, Tensor added)
    {
        var seq = added.shape[1];
        var needed = Length + seq;
        if (buffer is null || buffer.shape[1] < needed)
        {
            var size = Math.Min(Capacity, Math.Max(needed + Chunk, 2 * (buffer?.shape[1] ?? 0)));
            var grown = empty([added.shape[0], size, added.shape[2], added.shape[3]], added.dtype, added.device).DetachFromDisposeScope();
            using var old = buffer;
            if (old is not null)
            {
                grown.narrow(1, 0, Length).copy_(old.narrow(1, 0, Length));
            }

            buffer = grown;
        }

        buffer.narrow(1, Length, seq).copy_(added);
        return buffer.narrow(1, 0, needed);
    }
}
