using static TorchSharp.torch;

namespace Fovea.Verification.Benches;

/// <summary>Keys and values of one sequence, put behind each other by layer.</summary>
internal sealed class PlainCache(int numLayers) : IDisposable
{
    private readonly (Tensor Key, Tensor Value)?[] _layers = new (Tensor, Tensor)?[numLayers]; // [1, heads, length, head_dim] each

    /// <summary>Tokens so far.</summary>
    public long Length { get; set; }

    /// <summary>Puts those of new tokens behind a layer's, and returns all.</summary>
    public (Tensor Key, Tensor Value) Add(int layer, Tensor key, Tensor value)
    {
        if (_layers[layer] is { } before)
        {
            (key, value) = (cat([before.Key, key], 2), cat([before.Value, value], 2));
            before.Key.Dispose();
            before.Value.Dispose();
        }

        _layers[layer] = (key.alias().DetachFromDisposeScope(), value.alias().DetachFromDisposeScope());
        return (key, value);
    }

    public void Dispose()
    {
        foreach (var layer in _layers)
        {
            layer?.Key.Dispose();
            layer?.Value.Dispose();
        }
    }
}
