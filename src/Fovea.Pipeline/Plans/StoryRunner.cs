using System.Diagnostics;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Models.Checkpoints;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>Shows a plan's progress while <paramref name="run"/> works, which reports to the observer it is given.</summary>
/// <param name="plan">All stages.</param>
/// <param name="folder">The run's folder.</param>
/// <param name="run">Runs the stages.</param>
public delegate Task PlanDisplay(IReadOnlyList<StageSpec> plan, string folder, Func<IPlanObserver, Task> run);

/// <summary>How a run is asked for.</summary>
/// <param name="Out">Its folder.</param>
/// <param name="Seed">Takes the place of the configuration's seeds.</param>
/// <param name="NumWorkers">Worker processes; null: as the configuration says.</param>
/// <param name="Resume">Continue what the folder holds.</param>
/// <param name="Display">Shows the progress of its stages.</param>
/// <param name="Notice">Is told what begins, in one line.</param>
public sealed record StoryRequest(string Out, long? Seed, int? NumWorkers, bool Resume, PlanDisplay Display, Action<string> Notice)
{
    /// <summary>Whether stages may begin whose memory plan exceeds what there is.</summary>
    public bool AllowOverMemory { get; init; }
}

/// <summary>What a run found and where.</summary>
/// <param name="Manifest">What was asked for.</param>
/// <param name="Findings">Tables and sentences.</param>
/// <param name="Metrics">The figures of the findings.</param>
/// <param name="Report">The page.</param>
/// <param name="Seconds">This call took.</param>
public sealed record StoryOutcome(StageManifest Manifest, RunFindings Findings, JsonObject Metrics, string Report, double Seconds);

/// <summary>Plans a story, runs its stages on workers, and collects what they found.</summary>
public static class StoryRunner
{
    /// <summary>Runs to the end, or until <paramref name="stop"/>.</summary>
    public static async Task<StoryOutcome> RunAsync(RunConfig config, string file, StoryRequest request, CancellationToken stop)
    {
        config = request.Seed is { } seed ? config with { Seeds = [seed] } : config;
        config.Validate(file);
        var plan = config.Scenes is not null ? ScenesStory.Plan(config, request.Out) : PhotographsStory.Plan(config, request.Out);
        using var held = StageRunner.Claim(request.Out, "run");
        var manifest = Begin(config, request, stop);
        var clock = Stopwatch.StartNew();
        var workers = request.NumWorkers ?? (config.NumWorkers > 0 ? config.NumWorkers : Math.Max(1, Environment.ProcessorCount / config.NumThreads));
        request.Notice($"{config.Name}: {plan.Count} stages on {Math.Min(workers, plan.Count)} worker{(Math.Min(workers, plan.Count) == 1 ? "" : "s")}, into {request.Out}");
        await request.Display(plan, request.Out, observer =>
            new Scheduler(request.Out, observer) { AllowOverMemory = request.AllowOverMemory }.RunAsync(plan, workers, config.NumThreads, stop));

        var findings = config.Scenes is not null ? ScenesFindings.Collect(config, request.Out) : PhotographsFindings.Collect(config, request.Out);
        var metrics = findings.ToJson();
        (manifest with { Complete = true, Result = metrics, Seconds = Math.Round(manifest.Seconds + clock.Elapsed.TotalSeconds, 1) }).Write(request.Out);
        var report = Path.Combine(request.Out, "report.html");
        StoryReport.Write(request.Out, report);
        return new StoryOutcome(manifest, findings, metrics, report, clock.Elapsed.TotalSeconds);
    }

    private static StageManifest Begin(RunConfig config, StoryRequest request, CancellationToken stop)
    {
        var manifest = new StageManifest
        {
            Kind = "run",
            Config = StageRunner.ToJson(config),
            Inputs = HashInputs(config, new InputHasher(null, stop)),
            NumThreads = config.NumThreads,
            Versions = BuildVersions.All(),
        };
        if (StageManifest.Read(request.Out) is { } before)
        {
            if (!request.Resume)
            {
                throw new FoveaException($"{request.Out}: already holds a {before.Kind}; give --resume to continue it, or another --out");
            }

            manifest.MustMatch(before, request.Out);
            manifest = manifest with { Seconds = before.Seconds };
        }

        manifest.Write(request.Out);
        return manifest;
    }

    // Stages hash the rest of what they read, each for itself.
    private static SortedDictionary<string, string> HashInputs(RunConfig config, InputHasher hasher)
    {
        if (config.Photographs is not { } photographs)
        {
            return new(StringComparer.Ordinal);
        }

        if (!File.Exists(photographs.Captions))
        {
            throw new InvalidInputException(photographs.Captions, null,
                "no such file (photographs.captions); any COCO captions file will do: the head of configs/coco.jsonc says how to get COCO's own, then --set photographs.captions=FILE --set photographs.images=DIR");
        }

        if (!Directory.Exists(photographs.Images))
        {
            throw new InvalidInputException(photographs.Images, null, "no such image folder (photographs.images); give an existing one");
        }

        var hashes = InputHashes.Of([("captions", photographs.Captions)], hasher);
        hashes["tokenizer"] = ModelParts.OfTokenizer(photographs.Tokenizer, hasher);
        return hashes;
    }
}
