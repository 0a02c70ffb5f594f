using Fovea.Models.Configs;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>Keys and values of the tokens a decoder has seen, in buffers of a fixed capacity. Not for training.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private Tensor? _segments;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="config">The decoder's.</param>
    /// <param name="batch">Rows.</param>
    /// <param name="capacity">Most tokens a row, padding included.</param>
    /// <param name="device">Where the decoder's parameters are; null for the CPU.</param>
    public KeyValueCache(DecoderConfig config, int batch, int capacity, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Capacity = capacity;
        Tensor Buffer() => empty([batch, capacity, config.NumKeyValueHeads, config.HeadDim], ScalarType.Float32, device ?? CPU).DetachFromDisposeScope();
        _keys = [.. Enumerable.Range(0, config.NumLayers).Select(_ => Buffer())];
        _values = [.. Enumerable.Range(0, config.NumLayers).Select(_ => Buffer())];
    }

    /// <summary>Most tokens a row.</summary>
    public int Capacity { get; }

    /// <summary>Tokens a row holds.</summary>
    public int Length { get; private set; }

    /// <summary>Rows.</summary>
    public int Batch => (int)_keys[0].shape[0];

    /// <summary>Segments of the tokens held <c>[batch, length]</c>; null where none were ever given.</summary>
    internal Tensor? Segments => _segments;

    /// <summary>Keeps the given rows, in that order; a row may stand more than once (beam search), or not at all (finished).</summary>
    /// <param name="rows">Row indices <c>[new batch]</c>, int64.</param>
    public void SelectRows(Tensor rows)
    {
        foreach (var buffers in new[] { _keys, _values })
        {
            for (var i = 0; i < buffers.Length; i++)
            {
                using var old = buffers[i];
                buffers[i] = old.index_select(0, rows).DetachFromDisposeScope();
            }
        }

        using var segments = _segments;
        _segments = segments?.index_select(0, rows).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }

        _segments?.Dispose();
    }

    /// <summary>Writes one layer's new keys and values <c>[batch, seq, kv_heads, head_dim]</c> and returns all: <c>[batch, length + seq, ...]</c>.</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var seq = keys.shape[1];
        _keys[layer].narrow(1, Length, seq).copy_(keys);
        _values[layer].narrow(1, Length, seq).copy_(values);
        return (_keys[layer].narrow(1, 0, Length + seq), _values[layer].narrow(1, 0, Length + seq));
    }

    /// <summary>Joins the new tokens' segments to those held; null stands for segment 1.</summary>
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
}
