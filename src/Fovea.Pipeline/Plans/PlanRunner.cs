using System.Diagnostics;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>Shows a plan's progress while <paramref name="run"/> works, which hands on what becomes of each stage (<see cref="WorkerMessage.Type"/>).</summary>
/// <param name="plan">All stages.</param>
/// <param name="folder">The run's folder.</param>
/// <param name="run">Runs the stages.</param>
public delegate Task PlanDisplay(IReadOnlyList<StageSpec> plan, string folder, Func<Action<StageSpec, WorkerMessage>, Task> run);

/// <summary>How a plan is run.</summary>
/// <param name="Out">The run's folder, the same as the plan was made for.</param>
public sealed record PlanRequest(string Out)
{
    /// <summary>Whether to continue what the folder holds.</summary>
    public bool Resume { get; init; }

    /// <summary>Hosts side by side; null: as the plan says.</summary>
    public int? NumWorkers { get; init; }

    /// <summary>Threads of one operation; null: as the plan says.</summary>
    public int? NumThreads { get; init; }

    /// <summary>Whether stages may begin whose memory plan exceeds what there is.</summary>
    public bool AllowOverMemory { get; init; }

    /// <summary>Starts a host with so many threads; null: all stages run in this process, one after another.</summary>
    public Func<int, IStageHost>? StartHost { get; init; }

    /// <summary>Shows the progress of the stages; null: nothing does.</summary>
    public PlanDisplay? Display { get; init; }

    /// <summary>Is told what begins, in one line.</summary>
    public Action<string>? Notice { get; init; }
}

/// <summary>What a run found and where.</summary>
/// <param name="Manifest">What was asked for.</param>
/// <param name="Findings">Tables and sentences.</param>
/// <param name="Metrics">The figures of the findings.</param>
/// <param name="Report">The page.</param>
/// <param name="Seconds">This call took.</param>
public sealed record PlanOutcome(StageManifest Manifest, RunFindings Findings, JsonObject Metrics, string Report, double Seconds)
{
    /// <summary>The document of <c>--json</c>.</summary>
    /// <param name="folder">The run's folder.</param>
    public JsonObject ToJson(string folder) => new()
    {
        ["metrics"] = Metrics,
        ["findings"] = Findings.Conclusions.ToJson(),
        ["run"] = new JsonObject
        {
            ["out"] = folder,
            ["report"] = Report,
            ["seconds"] = Math.Round(Seconds, 1),
            ["config"] = Manifest.Config.DeepClone(),
            ["versions"] = JsonSerializer.SerializeToNode(Manifest.Versions),
        },
    };
}

/// <summary>Runs a plan's stages and collects what they found.</summary>
public static class PlanRunner
{
    /// <summary>Runs to the end, or until <paramref name="stop"/>.</summary>
    /// <exception cref="FoveaException">The folder holds other work, or a stage failed.</exception>
    /// <exception cref="OperationCanceledException">Stopped on request; running again with <see cref="PlanRequest.Resume"/> continues.</exception>
    public static async Task<PlanOutcome> RunAsync(Plan plan, PlanRequest request, CancellationToken stop = default)
    {
        using var held = StageRunner.Claim(request.Out, "run");
        var manifest = Begin(plan, request);
        var clock = Stopwatch.StartNew();
        var threads = request.NumThreads ?? plan.NumThreads;
        var most = request.StartHost is null ? 1 : request.NumWorkers
            ?? (plan.NumWorkers > 0 ? plan.NumWorkers : Math.Max(1, Environment.ProcessorCount / threads));
        var workers = Math.Min(most, plan.Stages.Count);
        request.Notice?.Invoke($"{plan.Name}: {plan.Stages.Count} stage{(plan.Stages.Count == 1 ? "" : "s")} on {workers} worker{(workers == 1 ? "" : "s")}, "
            + $"into {request.Out}");
        Task Run(Action<StageSpec, WorkerMessage> watch) =>
            new Scheduler(request.Out, () => request.StartHost?.Invoke(threads) ?? new InProcessHost(threads), watch)
            {
                AllowOverMemory = request.AllowOverMemory,
            }.RunAsync(plan.Stages, workers, stop);
        await (request.Display?.Invoke(plan.Stages, request.Out, Run) ?? Run((_, _) => { }));

        var run = FinishedPlan.Read(request.Out);
        var findings = FindingsCatalog.Of(run).Collect(run);
        var metrics = findings.ToJson();
        manifest = manifest with { Complete = true, Result = metrics, Seconds = Math.Round(manifest.Seconds + clock.Elapsed.TotalSeconds, 1) };
        manifest.Write(request.Out);
        var report = Path.Combine(request.Out, TrainingReport.FileName);
        FolderReport.Write(request.Out, report);
        return new PlanOutcome(manifest, findings, metrics, report, clock.Elapsed.TotalSeconds);
    }

    // What was asked of a run is held to stage by stage, so that a plan with more stages continues one with fewer.
    private static StageManifest Begin(Plan plan, PlanRequest request)
    {
        var manifest = new StageManifest
        {
            Kind = "run",
            Config = ToJson(plan),
            Inputs = new(StringComparer.Ordinal),
            NumThreads = request.NumThreads ?? plan.NumThreads,
            Versions = BuildVersions.All(),
        };
        if (StageManifest.Read(request.Out) is { } before)
        {
            if (!request.Resume || before.Kind != manifest.Kind)
            {
                throw new FoveaException($"{request.Out}: already holds "
                    + $"a {before.Kind}; {(before.Kind == manifest.Kind ? "give --resume to continue it, or" : "give")} another --out");
            }

            foreach (var state in PlanState.Of(plan, request.Out))
            {
                state.MustContinue(manifest.NumThreads);
            }

            manifest = manifest with { Seconds = before.Seconds };
        }

        manifest.Write(request.Out);
        return manifest;
    }

    private static JsonObject ToJson(Plan plan) => new()
    {
        ["name"] = plan.Name,
        ["findings"] = plan.Findings,
        ["parameters"] = plan.Parameters.DeepClone(),
        ["study"] = plan.Study is null ? null : JsonSerializer.SerializeToNode(plan.Study, StageManifest.Json),
        ["stages"] = new JsonArray([.. plan.Stages.Select(s => (JsonNode)new JsonObject
        {
            ["name"] = s.Name,
            ["kind"] = s.Kind,
            ["axes"] = JsonSerializer.SerializeToNode(s.Axes),
        })]),
    };
}
