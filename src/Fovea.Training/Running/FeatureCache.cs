using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>
/// The features that a frozen tower gives, on disk: a file an image, named by the hash of its pixels, in a folder named by the hash of the tower.
/// Each image is run alone, so that a feature read and one computed are the same bits, whatever batch it came in.
/// </summary>
internal sealed class FeatureCache
{
    private const string TensorName = "features", HashKey = "sha256";
    private const string TowerPrefix = "model.vision_tower.";
    private readonly LlavaModel _model;
    private readonly string _folder;

    /// <exception cref="FoveaException">The model has no tower, or it is trained.</exception>
    public FeatureCache(DecoderModel model, string folder, DType precision)
    {
        _model = model as LlavaModel ?? throw new FoveaException($"training.cache_features: {model.Family} has no vision tower; leave it out");
        var tower = model.Parameters.All.Where(p => p.Key.StartsWith(TowerPrefix, StringComparison.Ordinal)).ToArray();
        if (tower.Any(p => p.Value.requires_grad) || model.AdaptedModules.Any(m => m.StartsWith(TowerPrefix, StringComparison.Ordinal)))
        {
            throw new FoveaException(
                "training.cache_features: the vision tower is trained, so its features change; freeze model.vision_tower, or leave it out");
        }

        using var noGrad = torch.no_grad();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{precision}|{string.Join(',', _model.Config.FeatureLayers)}|{_model.Config.DropFirstToken}"));
        if (_model.Config.Vision.Onnx is { } onnx)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"|{onnx.Sha256}|{onnx.Output}|{onnx.BlueFirst}"));
        }

        foreach (var (name, tensor) in tower)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            TensorBytes.AppendTo(hash, tensor);
        }

        _folder = Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
    }

    /// <summary>Features of images, read or else computed and kept: <c>[images, tokens, tower hidden]</c>; null without images.</summary>
    public torch.Tensor? Read(IReadOnlyList<PixelValues> images)
    {
        if (images.Count == 0)
        {
            return null;
        }

        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        return torch.cat([.. images.Select(Read)]).MoveToOuterDisposeScope();
    }

    private torch.Tensor Read(PixelValues image)
    {
        var path = Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(image.Values.AsSpan()))) + ".safetensors");
        if (File.Exists(path) && TryRead(path) is { } kept)
        {
            return kept;
        }

        var device = _model.Decoder.Device;
        var features = _model.TowerFeatures(_model.PackPixels([image])!.to(device)); // [1, tokens, tower hidden]
        var values = features.cpu().contiguous();
        SafetensorsFile.Write(path, [KeyValuePair.Create(TensorName, values)], new Dictionary<string, string> { [HashKey] = TensorBytes.Sha256(values) });
        return features;
    }

    // A file that is damaged is worth no more than none: it is computed again and replaced.
    private torch.Tensor? TryRead(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            var values = file.Read(TensorName);
            return TensorBytes.Sha256(values) == file.Metadata.GetValueOrDefault(HashKey) ? values.to(_model.Decoder.Device) : null;
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }
}
