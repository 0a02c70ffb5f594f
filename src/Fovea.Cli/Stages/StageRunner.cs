using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;

namespace Fovea.Cli.Stages;

/// <summary>What to do where the output folder already holds work of the same kind.</summary>
internal enum Existing
{
    /// <summary>Refuse: the user must say <c>--resume</c>.</summary>
    Refuse,

    /// <summary>Continue where it stopped, or return what is complete.</summary>
    Continue,
}

/// <summary>Runs a stage between two manifests: one that says what was begun, one that says it is complete.</summary>
internal static class StageRunner
{
    /// <summary>Runs <paramref name="stage"/> into <paramref name="context"/>'s folder and returns its complete manifest.</summary>
    /// <exception cref="FoveaException">The folder holds other work, or the work fails.</exception>
    public static StageManifest Run(IStage stage, StageContext context, Existing existing)
    {
        var manifest = new StageManifest
        {
            Kind = stage.Kind,
            Config = JsonSerializer.SerializeToNode(stage, stage.GetType(), StageManifest.Json)!.AsObject(),
            Inputs = stage.HashInputs(),
            NumThreads = context.NumThreads,
            Versions = BuildVersions.All(),
        };
        var (existed, begun) = (Directory.Exists(context.Out), StageManifest.Read(context.Out));
        if (begun is { } before)
        {
            if (existing == Existing.Refuse)
            {
                throw new FoveaException($"{context.Out}: already holds a {before.Kind} run; give --resume to continue it, or another --out");
            }

            (context.AnyThreadCount ? manifest with { NumThreads = before.NumThreads } : manifest).MustMatch(before, context.Out);
            if (before.Complete && stage.IsIntact(context.Out))
            {
                return before;
            }
        }
        else if (existing == Existing.Refuse && existed && Directory.EnumerateFileSystemEntries(context.Out).Any())
        {
            throw new FoveaException($"{context.Out}: exists and is not empty, and holds no run of fovea; give another --out");
        }

        manifest.Write(context.Out);
        var clock = Stopwatch.StartNew();
        JsonObject result;
        try
        {
            result = stage.Run(context);
        }
        catch (Exception e) when (begun is null && e is not OperationCanceledException)
        {
            Withdraw(context.Out, existed);
            throw;
        }

        var complete = manifest with { Complete = true, Result = result, Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) };
        complete.Write(context.Out);
        return complete;
    }

    /// <summary>Takes back the claim on a folder in which nothing was done, so that the corrected command can be run into it.</summary>
    private static void Withdraw(string folder, bool existed)
    {
        if (Directory.EnumerateFileSystemEntries(folder).Any(e => Path.GetFileName(e) != StageManifest.FileName))
        {
            return;
        }

        File.Delete(Path.Combine(folder, StageManifest.FileName));
        if (!existed)
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>A result record as JSON.</summary>
    public static JsonObject ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, StageManifest.Json)!.AsObject();
}
