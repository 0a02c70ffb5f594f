using Fovea.Models.Parameters;
using Fovea.Training.Optimization;
using TorchSharp;

namespace Fovea.Training.Checkpoints;

/// <summary>
/// All tensors that training changes: trained parameters, the optimiser's state, the moving average. <see cref="Take"/> copies them into memory of
/// its own, which is written while training continues; that memory is kept from one checkpoint to the next.
/// </summary>
internal sealed class Snapshot : IDisposable
{
    private const string ParametersName = "parameters.safetensors", OptimizerName = "optimizer.safetensors", AverageName = "ema.safetensors";
    private readonly (string File, KeyValuePair<string, torch.Tensor>[] Live)[] _groups;
    private readonly List<torch.Tensor[]> _copies = [];
    private readonly List<SnapshotFile> _files = [];

    /// <summary>Of a model whose trained parameters require gradients.</summary>
    public Snapshot(ParameterSet parameters, AdamW optimizer, ParameterAverage? average)
    {
        _groups =
        [
            (ParametersName, [.. parameters.All.Where(p => p.Value.requires_grad)]),
            (OptimizerName, [.. optimizer.State()]),
            .. average is null ? [] : new[] { (AverageName, average.State().ToArray()) },
        ];
    }

    /// <summary>Bytes of one copy.</summary>
    public long Bytes => _groups.Sum(g => g.Live.Sum(t => t.Value.numel() * sizeof(float)));

    /// <summary>Sets the memory of the copies aside, if that was not done before.</summary>
    public void Reserve()
    {
        using var scope = torch.NewDisposeScope();
        foreach (var (file, live) in _files.Count == 0 ? _groups : [])
        {
            var copies = Array.ConvertAll(live, t => torch.empty(t.Value.shape, torch.ScalarType.Float32).DetachFromDisposeScope());
            _copies.Add(copies);
            _files.Add(SnapshotFile.Of(file, [.. live.Select((t, i) => KeyValuePair.Create(t.Key, copies[i]))]));
        }
    }

    /// <summary>Copies all tensors as they are now. The files describe the copies, which must not be taken anew before they are written.</summary>
    public IReadOnlyList<SnapshotFile> Take()
    {
        Reserve();
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        for (var g = 0; g < _groups.Length; g++)
        {
            for (var i = 0; i < _copies[g].Length; i++)
            {
                _copies[g][i].copy_(_groups[g].Live[i].Value);
            }
        }

        return _files;
    }

    /// <summary>Copies a checkpoint's tensors into those of the run.</summary>
    /// <exception cref="Core.Errors.FoveaException">A tensor is missing or has another shape.</exception>
    public void Restore(string folder)
    {
        foreach (var (file, live) in _groups)
        {
            SnapshotReader.Read(Path.Combine(folder, file), live);
        }
    }

    /// <summary>Copies a checkpoint's averaged or plain parameters into <paramref name="parameters"/>, and nothing else.</summary>
    public static void RestoreParameters(string folder, ParameterSet parameters) =>
        SnapshotReader.Read(Path.Combine(folder, ParametersName), [.. parameters.All.Where(p => p.Value.requires_grad)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in _copies.SelectMany(c => c))
        {
            copy.Dispose();
        }

        _copies.Clear();
        _files.Clear();
    }
}
