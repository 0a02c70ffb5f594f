using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Training.Checkpoints;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using TorchSharp;

namespace Fovea.Training.Running;

/// <summary>The models, or adapters, that a run leaves: the last, the averaged, the best one, and those asked for along the way.</summary>
internal sealed class FinalModels(DecoderModel model, TrainingJob job)
{
    private const string BestSuffix = "-best";

    /// <summary>
    /// Writes <c>model/</c>, and <c>model-ema/</c> and <c>model-best/</c> where there are such. Of an adapter: <c>adapter/</c> and so on in PEFT's form,
    /// and, if asked for, <c>model/</c> with the last one merged. The model keeps its last parameters.
    /// </summary>
    /// <param name="average">Of the parameters; null for none.</param>
    /// <param name="bestCheckpoint">Of the lowest held-out loss; null for none.</param>
    /// <param name="at">Steps whose models are there already.</param>
    /// <returns>The folders of whole models, the last one's first.</returns>
    /// <exception cref="FoveaException">A model of <paramref name="at"/> is gone.</exception>
    public IReadOnlyList<string> Write(ParameterAverage? average, string? bestCheckpoint, IReadOnlyList<int> at)
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

        if (at.Select(AtFolder).FirstOrDefault(f => !Directory.Exists(f)) is { } gone)
        {
            throw new FoveaException($"{gone}: is gone since it was written; train into another folder");
        }

        if (job.Adapter is null)
        {
            return [.. folders, .. at.Select(AtFolder)];
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

    /// <summary>Writes <c>model-at-STEP/</c>, or <c>adapter-at-STEP/</c>: a run that repeats the step after a crash writes the same again.</summary>
    public void WriteAt(long step) => Save(TrainingOptions.SuffixAt(step));

    private string AtFolder(int step) => Path.Combine(job.Folder, Name(job, TrainingOptions.SuffixAt(step)));

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
