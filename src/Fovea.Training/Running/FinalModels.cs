using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Training.Checkpoints;
using Fovea.Training.Optimization;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>The models that a finished run leaves: the last, the averaged and the best one.</summary>
internal sealed class FinalModels(DecoderModel model, string folder)
{
    private readonly string _last = Path.Combine(folder, "model");

    /// <summary>Writes <c>model/</c>, and <c>model-ema/</c> and <c>model-best/</c> where there are such. The model keeps its last parameters.</summary>
    /// <returns>The folders, the last model's first.</returns>
    public IReadOnlyList<string> Write(ParameterAverage? average, string? bestCheckpoint)
    {
        List<string> folders = [_last];
        ModelFolder.Save(model, _last);
        if (average is not null)
        {
            folders.Add(_last + "-ema");
            average.Swap();
            ModelFolder.Save(model, folders[^1]);
            average.Swap();
        }

        if (bestCheckpoint is not null)
        {
            folders.Add(_last + "-best");
            WriteBest(bestCheckpoint, folders[^1]);
        }

        return folders;
    }

    private void WriteBest(string checkpoint, string to)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var last = model.Parameters.All.Where(p => p.Value.requires_grad).Select(p => (p.Value, Copy: p.Value.detach().clone())).ToArray();
        Snapshot.RestoreParameters(checkpoint, model.Parameters);
        ModelFolder.Save(model, to);
        foreach (var (parameter, copy) in last)
        {
            parameter.copy_(copy);
        }
    }
}
