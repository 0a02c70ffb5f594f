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
            Inputs = stage.HashInputs(context.Hasher),
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

            var asBegun = manifest with { Config = stage.AsBegun(context.Out, before.Config, manifest.Config) };
            MustMatch(context.AnyThreadCount ? asBegun with { NumThreads = before.NumThreads } : asBegun, before, context);
            if (before.Complete && JsonNode.DeepEquals(asBegun.Config, manifest.Config) && stage.IsIntact(context.Out))
            {
                return before;
            }
        }
        else if (existing == Existing.Refuse && existed && Directory.EnumerateFileSystemEntries(context.Out).Any())
        {
            throw new FoveaException($"{context.Out}: exists and is not empty, and holds no run of fovea; give another --out");
        }

        InputLists.Write(context.Out, context.Hasher);
        manifest.Write(context.Out);
        var clock = Stopwatch.StartNew();
        JsonObject result;
        try
        {
            result = stage.Run(context with { Inputs = manifest.Inputs });
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

    // A corpus may move, since what it holds is hashed.
    private static void MustMatch(StageManifest now, StageManifest before, StageContext context) =>
        (now with { Config = DataSource.WithoutPlaces(now.Config) }).MustMatch(
            before with { Config = DataSource.WithoutPlaces(before.Config) }, context.Out, role => InputLists.FirstChange(context.Out, role, context.Hasher));

    /// <summary>Takes back the claim on a folder in which nothing was done, so that the corrected command can be run into it.</summary>
    private static void Withdraw(string folder, bool existed)
    {
        if (Directory.EnumerateFileSystemEntries(folder).Any(e => Path.GetFileName(e) is not (StageManifest.FileName or InputLists.Folder)))
        {
            return;
        }

        File.Delete(Path.Combine(folder, StageManifest.FileName));
        if (Path.Combine(folder, InputLists.Folder) is var lists && Directory.Exists(lists))
        {
            Directory.Delete(lists, recursive: true);
        }

        if (!existed)
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>A result record as JSON.</summary>
    public static JsonObject ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, StageManifest.Json)!.AsObject();
}
