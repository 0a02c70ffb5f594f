namespace Fovea.Models.Vision;

/// <summary>Features of the images seen last, by a hash of their pixels, up to a number of bytes: what was used longest ago makes room.</summary>
/// <param name="maxBytes">Most bytes of features.</param>
internal sealed class FeatureMemory(long maxBytes)
{
    private readonly Dictionary<string, LinkedListNode<(string Key, float[] Values)>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, float[] Values)> _byUse = new();
    private long _bytes;

    /// <summary>Number of images kept.</summary>
    public int Count => _byKey.Count;

    /// <summary>The features kept under a key, or else those of <paramref name="compute"/>, which are kept then.</summary>
    public float[] Get(string key, Func<float[]> compute)
    {
        if (_byKey.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.Values;
        }

        var values = compute();
        _byKey[key] = _byUse.AddLast((key, values));
        _bytes += values.LongLength * sizeof(float);
        while (_bytes > maxBytes && _byUse.First is { } oldest)
        {
            _byUse.RemoveFirst();
            _byKey.Remove(oldest.Value.Key);
            _bytes -= oldest.Value.Values.LongLength * sizeof(float);
        }

        return values;
    }
}
