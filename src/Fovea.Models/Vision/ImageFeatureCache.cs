using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>
/// What a model's decoder sees of images, kept so that an image that is asked about again is not encoded again. Images are told apart by the values that the
/// model would read, so that another preprocessing, noise or a stand-in is another image. Each is encoded by itself, so that its features depend neither on its
/// neighbours nor on what is kept. Of one model; not thread-safe.
/// </summary>
/// <param name="bytes">Most bytes that are kept; those used longest ago go first. 0: every image is encoded each time.</param>
public sealed class ImageFeatureCache(long bytes = ImageFeatureCache.DefaultBytes) : IDisposable
{
    /// <summary>Half a GiB: 57 images of LLaVA-1.5-7B, or 32 of its 13B.</summary>
    public const long DefaultBytes = 512L << 20;

    private readonly ConditionalWeakTable<PixelValues, string> _keys = [];
    private readonly Dictionary<string, LinkedListNode<(string Key, Tensor Features)>> _known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, Tensor Features)> _byUse = new(); // the last is the one used last
    private long _held;

    /// <summary>How many images were encoded.</summary>
    public int Encoded { get; private set; }

    /// <summary>Features of images, in their order: <c>[images, tokens, hidden]</c>.</summary>
    /// <param name="images">Normalised; at least one.</param>
    /// <param name="encode">Encodes one: <c>[1, tokens, hidden]</c>.</param>
    internal Tensor Of(IReadOnlyList<PixelValues> images, Func<PixelValues, Tensor> encode)
    {
        using var scope = NewDisposeScope();
        Tensor[] features = [.. images.Select(i => Of(i, encode))];
        return cat(features, 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, features) in _byUse)
        {
            features.Dispose();
        }

        _byUse.Clear();
        _known.Clear();
    }

    private Tensor Of(PixelValues image, Func<PixelValues, Tensor> encode)
    {
        var key = _keys.GetValue(image, i =>
            $"{i.Channels} {i.Height} {i.Width} {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(i.Values)))}");
        if (_known.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.Features.alias();
        }

        var features = encode(image);
        Encoded++;
        var size = features.numel() * features.element_size();
        if (size <= bytes)
        {
            _known[key] = _byUse.AddLast((key, features.alias().DetachFromDisposeScope()));
            for (_held += size; _held > bytes; _byUse.RemoveFirst())
            {
                using var oldest = _byUse.First!.Value.Features;
                _held -= oldest.numel() * oldest.element_size();
                _known.Remove(_byUse.First.Value.Key);
            }
        }

        return features;
    }
}
