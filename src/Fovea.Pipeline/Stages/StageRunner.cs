using System.Diagnostics;
using Fovea.Data.Corpora;
using Fovea.Models.Checkpoints;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>What to do where the output folder already holds work of the same kind.</summary>
public enum Existing
{
    /// <summary>Refuse: the command has <c>--resume</c>, and the user must give it.</summary>
    Refuse,

    /// <summary>Continue where it stopped, or return what is complete.</summary>
    Continue,
}

/// <summary>Runs a stage between two manifests: one that says what was begun, one that says it is complete. One process at a time works in a folder.</summary>
public static class StageRunner
{
    // Workers of a run that was ended by force see its end a moment later.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Runs <paramref name="stage"/> into <paramref name="context"/>'s folder and returns its complete manifest.</summary>
    /// <exception cref="FoveaException">The folder holds other work, another process works in it, or the work fails.</exception>
    public static StageManifest Run(IStage stage, StageContext context, Existing existing)
    {
        stage.Check(context.Catalogues);
        context = stage.Device is { } device ? context with { Device = ComputeDevice.Open(device) } : context; // before anything is read
        using var families = ModelFamilies.Use(context.Catalogues.Families);
        var existed = Directory.Exists(context.Out);
        using var held = Claim(context.Out, "run of fovea");
        var begun = StageManifest.Read(context.Out);
        if (begun is not null && existing == Existing.Refuse)
        {
            throw new FoveaException($"{context.Out}: already holds {StageCatalog.TitleOf(begun.Kind)}; give --resume to continue it, or another --out");
        }

        try
        {
            var manifest = ManifestOf(stage, context);
            if (begun is not null)
            {
                var asBegun = manifest with { Config = stage.AsBegun(context.Out, begun.Config, manifest.Config) };
                MustMatch(context.AnyThreadCount ? asBegun with { NumThreads = begun.NumThreads } : asBegun, begun, context);
                if (begun.Complete && JsonNode.DeepEquals(asBegun.Config, manifest.Config) && stage.IsIntact(context.Out))
                {
                    context.Progress.Tell(StageCatalog.TitleOf(stage.Kind), 1, 1, $"{context.Out} is complete already; nothing was done");
                    return begun;
                }
            }

            manifest.Write(context.Out); // first, so that whatever else is in the folder is known as this run's
            InputLists.Write(context.Out, context.Hasher, continued: begun is not null);
            var (clock, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            var result = stage.Run(context with { Lock = held, Inputs = manifest.Inputs });
            var complete = manifest with
            {
                Complete = true,
                Result = result,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                CoreSeconds = Math.Round((Environment.CpuUsage.TotalTime - processor).TotalSeconds, 1),
            };
            complete.Write(context.Out);
            return complete;
        }
        catch (Exception e) when (begun is null && (e is not OperationCanceledException || !File.Exists(Path.Combine(context.Out, StageManifest.FileName))))
        {
            Withdraw(context, existed);
            throw;
        }
    }

    // A corpus may move, since what it holds is hashed.
    private static void MustMatch(StageManifest now, StageManifest before, StageContext context) =>
        (now with { Config = DataSource.WithoutPlaces(now.Config) }).MustMatch(
            before with { Config = DataSource.WithoutPlaces(before.Config) }, context.Out, role => InputLists.FirstChange(context.Out, role, context.Hasher));

    /// <summary>Takes a folder's lock, unless it holds what no run has put there, and clears away what a killed process left unfinished.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="what">What it is expected to hold if it is not empty.</param>
    /// <exception cref="FoveaException">It holds other files, or another process works in it.</exception>
    public static FolderLock Claim(string folder, string what)
    {
        if (File.Exists(folder))
        {
            throw new FoveaException($"{folder}: a file with this name exists; give a folder as --out");
        }

        if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, StageManifest.FileName))
            && Directory.EnumerateFileSystemEntries(folder).Any(e => !IsOurs(e)))
        {
            throw new FoveaException($"{folder}: exists and is not empty, and holds no {what}; give another --out");
        }

        var held = FolderLock.Take(folder, Patience);
        Leftovers.RemoveBelow(folder);
        return held;
    }

    private static bool IsOurs(string path) => Path.GetFileName(path) == FolderLock.FileName || Leftovers.IsOne(path);

    private static StageManifest ManifestOf(IStage stage, StageContext context) => new()
    {
        Kind = stage.Kind,
        Config = JsonSerializer.SerializeToNode(stage, stage.GetType(), StageManifest.Json)!.AsObject(),
        Inputs = stage.HashInputs(context.Hasher),
        NumThreads = context.NumThreads,
        Versions = BuildVersions.All(),
    };

    /// <summary>Takes back the claim on a folder in which nothing was done, so that the corrected command can be run into it.</summary>
    private static void Withdraw(StageContext context, bool existed)
    {
        var folder = context.Out;
        Leftovers.RemoveBelow(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any(e => Path.GetFileName(e) is not (StageManifest.FileName or InputLists.Folder) && !IsOurs(e)))
        {
            return;
        }

        InputLists.Remove(folder, context.Hasher);
        File.Delete(Path.Combine(folder, StageManifest.FileName));
        File.Delete(Path.Combine(folder, FolderLock.FileName));
        if (!existed && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>A result record as JSON.</summary>
    public static JsonObject ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, StageManifest.Json)!.AsObject();
}
