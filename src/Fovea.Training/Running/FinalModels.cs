using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Training.Checkpoints;
using Fovea.Training.Optimization;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>The models, or adapters, that a finished run leaves: the last, the averaged and the best one.</summary>
internal sealed class FinalModels(DecoderModel model, TrainingJob job)
{
    private const string BestSuffix = "-best";

    /// <summary>
    /// Writes <c>model/</c>, and <c>model-ema/</c> and <c>model-best/</c> where there are such. Of an adapter: <c>adapter/</c> and so on in PEFT's form,
    /// and, if asked for, <c>model/</c> with the last one merged. The model keeps its last parameters.
    /// </summary>
    /// <returns>The folders of whole models, the last one's first.</returns>
    public IReadOnlyList<string> Write(ParameterAverage? average, string? bestCheckpoint)
    {
        List<string> folders = [Save("")];
        if (average is not null)
        {
            average.Swap();
            folders.Add(Save("-ema"));
            average.Swap();
        }

        if (bestCheckpoint is not null)
        {
            folders.Add(SaveBest(bestCheckpoint));
        }

        if (job.Adapter is null)
        {
            return folders;
        }

        if (!job.MergeAdapter)
        {
            return [];
        }

        model.MergeAdapter();
        var merged = Path.Combine(job.Folder, "model");
        ModelFolder.Save(model, merged);
        return [merged];
    }

    /// <summary>Name of the folder of the best one.</summary>
    public static string BestName(TrainingJob job) => Name(job, BestSuffix);

    private static string Name(TrainingJob job, string suffix) => (job.Adapter is null ? "model" : "adapter") + suffix;

    private string Save(string suffix)
    {
        var folder = Path.Combine(job.Folder, Name(job, suffix));
        if (job.Adapter is { } adapter)
        {
            adapter.Save(folder, model);
        }
        else
        {
            ModelFolder.Save(model, folder);
        }

        return folder;
    }

    private string SaveBest(string checkpoint)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var trained = job.Adapter?.Parameters ?? model.Parameters;
        var last = trained.All.Where(p => p.Value.requires_grad).Select(p => (p.Value, Copy: p.Value.detach().clone())).ToArray();
        Snapshot.RestoreParameters(checkpoint, trained);
        var folder = Save(BestSuffix);
        foreach (var (parameter, copy) in last)
        {
            parameter.copy_(copy);
        }

        return folder;
    }
}
