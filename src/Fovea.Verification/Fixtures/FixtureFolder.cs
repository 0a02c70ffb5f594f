using Fovea.Models.Checkpoints;
using Fovea.Verification.Checks;
using static TorchSharp.torch;

namespace Fovea.Verification.Fixtures;

/// <summary>A case that is a folder: <c>case.json</c> and tensors. Owns the tensors it has read.</summary>
internal sealed class FixtureFolder(string path, JsonElement json) : IDisposable
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, Tensor>> _files = [];

    public string Path { get; } = path;

    public JsonElement Json { get; } = json;

    public Tolerance Tolerance
    {
        get
        {
            var tolerance = Json.Need("tolerance");
            return new Tolerance(tolerance.Number("absolute"), tolerance.Number("relative"));
        }
    }

    public string this[string name] => InputFiles.Beside(Path, name);

    /// <summary>A tensor of <c>expected.safetensors</c>.</summary>
    /// <exception cref="ReferenceException">It is not there, or of another rank.</exception>
    public Tensor Tensor(string name, int? rank = null)
    {
        var tensor = Tensors("expected.safetensors").GetValueOrDefault(name) ?? throw new ReferenceException($"expected.safetensors has no {name}");
        return rank is null || tensor.dim() == rank ? tensor
            : throw new ReferenceException($"{name} is [{string.Join(", ", tensor.shape)}], expected {rank} axes");
    }

    /// <summary>Whether <c>expected.safetensors</c> holds a tensor.</summary>
    public bool Has(string name) => Tensors("expected.safetensors").ContainsKey(name);

    public IReadOnlyDictionary<string, Tensor> Tensors(string file)
    {
        if (!_files.TryGetValue(file, out var tensors))
        {
            using var source = SafetensorsFile.Open(this[file]);
            tensors = source.ReadAll();
            foreach (var tensor in tensors.Values)
            {
                tensor.DetachFromDisposeScope();
            }

            _files.Add(file, tensors);
        }

        return tensors;
    }

    public void Dispose()
    {
        foreach (var tensor in _files.Values.SelectMany(f => f.Values))
        {
            tensor.Dispose();
        }
    }
}
