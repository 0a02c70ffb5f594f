using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Training.Checkpoints;
using Fovea.Training.Optimization;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>The models that a finished run leaves: the last, the averaged and the best one.</summary>
internal sealed class FinalModels(DecoderModel model, string folder)
{
    /// <summary>Of the last parameters.</summary>
    public string Folder { get; } = Path.Combine(folder, "model");

    /// <summary>Writes <c>model/</c>, and <c>model-ema/</c> and <c>model-best/</c> where there are such. The model keeps its last parameters.</summary>
    public void Write(ParameterAverage? average, string? bestCheckpoint)
    {
        ModelFolder.Save(model, Folder);
        if (average is not null)
        {
            average.Swap();
            ModelFolder.Save(model, Folder + "-ema");
            average.Swap();
        }

        if (bestCheckpoint is not null)
        {
            WriteBest(bestCheckpoint);
        }
    }

    private void WriteBest(string checkpoint)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var last = model.Parameters.All.Where(p => p.Value.requires_grad).Select(p => (p.Value, Copy: p.Value.detach().clone())).ToArray();
        Snapshot.RestoreParameters(checkpoint, model.Parameters);
        ModelFolder.Save(model, Folder + "-best");
        foreach (var (parameter, copy) in last)
        {
            parameter.copy_(copy);
        }
    }
}
