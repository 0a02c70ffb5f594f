using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;
using Fovea.Cli.Workers;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;

namespace Fovea.Cli.Story;

/// <summary>How a story is asked for on the command line.</summary>
internal sealed record StoryRequest(string Out, long? Seed, int? NumWorkers, bool Resume, Screen Screen)
{
    /// <summary>Whether stages may begin whose memory plan exceeds what there is.</summary>
    public bool AllowOverMemory { get; init; }
}

/// <summary>Plans a story, runs its stages on workers, and shows what came out.</summary>
internal static class StoryRunner
{
    /// <summary>Runs to the end, or until <paramref name="stop"/>.</summary>
    public static async Task RunAsync(RunConfig config, string file, StoryRequest request, CancellationToken stop)
    {
        config = request.Seed is { } seed ? config with { Seeds = [seed] } : config;
        config.Validate(file);
        var plan = config.Scenes is not null ? ScenesStory.Plan(config, request.Out) : PhotographsStory.Plan(config, request.Out);
        using var held = StageRunner.Claim(request.Out, "run");
        var manifest = Begin(config, request, stop);
        var clock = Stopwatch.StartNew();
        var workers = request.NumWorkers ?? (config.NumWorkers > 0 ? config.NumWorkers : Math.Max(1, Environment.ProcessorCount / config.NumThreads));
        Screen.Notice($"{config.Name}: {plan.Count} stages on {Math.Min(workers, plan.Count)} worker{(Math.Min(workers, plan.Count) == 1 ? "" : "s")}, into {request.Out}");
        await PlanProgress.ShowAsync(request.Screen, plan, request.Out, observer =>
            new Scheduler(request.Out, observer) { AllowOverMemory = request.AllowOverMemory }.RunAsync(plan, workers, config.NumThreads, stop));

        var findings = config.Scenes is not null ? ScenesFindings.Collect(config, request.Out) : PhotographsFindings.Collect(config, request.Out);
        var metrics = findings.ToJson();
        (manifest with { Complete = true, Result = metrics, Seconds = Math.Round(manifest.Seconds + clock.Elapsed.TotalSeconds, 1) }).Write(request.Out);
        var report = Path.Combine(request.Out, "report.html");
        StoryReport.Write(request.Out, report);
        Show(request, manifest, findings, metrics, report, clock.Elapsed.TotalSeconds);
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

    private static void Show(StoryRequest request, StageManifest manifest, Findings findings, JsonObject metrics, string report, double seconds)
    {
        if (request.Screen.Json)
        {
            var document = new JsonObject
            {
                ["metrics"] = metrics,
                ["findings"] = findings.Conclusions.ToJson(),
                ["run"] = new JsonObject
                {
                    ["out"] = request.Out,
                    ["report"] = report,
                    ["seconds"] = Math.Round(seconds, 1),
                    ["config"] = manifest.Config.DeepClone(),
                    ["versions"] = JsonSerializer.SerializeToNode(manifest.Versions),
                },
            };
            Console.WriteLine(document.ToJsonString(StageManifest.Json));
            return;
        }

        TerminalFindings.Show(request.Screen, findings);
        Screen.Notice($"complete in {Screen.Duration(seconds)}");
        request.Screen.Results.Profile.Out.Writer.WriteLine($"report: {report}");
    }
}
