using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Core.Text;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Workers;

namespace Fovea.Cli.Commands;

/// <summary>What <c>run</c>, <c>demo</c> and <c>reproduce</c> have in common.</summary>
internal sealed class PlanOptions
{
    private const string Seeds = "seeds";

    private readonly Option<string?> _out = new("--out", "-o") { Description = "Folder of the run (default: runs/NAME).", HelpName = "DIR" };
    private readonly Option<string[]> _set =
        new("--set") { Description = "Set a parameter of the plan, or what is inside it: --set model=DIR, --set tune.learning_rate=2e-5; repeatable.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
    private readonly Option<long?> _seed = CommonOptions.Seed("Run this one seed instead of the plan's.");
    private readonly Option<int?> _workers = Numbers.Optional("--workers", "Worker processes side by side (default: one per processor).", "N",
        new Bounds<int>(AtLeast: 1, AtMost: 1024));
    private readonly Option<int?> _threads = Numbers.Optional("--threads", "Processor threads of one operation in each worker (default: the plan's).", "N",
        new Bounds<int>(AtLeast: 1, AtMost: 1024));
    private readonly Option<bool> _dryRun =
        new("--dry-run") { Description = "Check the whole plan and show its stages, what of it is complete, and the memory and time of the rest as far as they are known." };
    private readonly Option<bool> _resume = CommonOptions.Resume();
    private readonly Option<bool> _overMemory = CommonOptions.AllowOverMemory();
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <summary>Adds the options to a command, which then runs a plan as they ask, and shows what it found; or only shows what it would do.</summary>
    public Command AddTo(Command command, Func<ParseResult, PlanFile> plan) => AddTo(command, (parsed, stop) => RunAsync(parsed, plan(parsed), stop));

    /// <summary>Adds the options to a command that does more than run a plan.</summary>
    public Command AddTo(Command command, Func<ParseResult, CancellationToken, Task> run) =>
        command.With([_out, _set, _seed, _workers, _threads, _dryRun, _resume, _overMemory, _json]).RunsAsync(run);

    /// <summary>Runs a plan as the options ask, and shows what it found; or only shows what it would do.</summary>
    /// <returns>The run's folder; null where nothing was run.</returns>
    public async Task<string?> RunAsync(ParseResult parsed, PlanFile file, CancellationToken stop)
    {
        file.Set(parsed.GetValue(_set)!);
        if (parsed.GetValue(_seed) is { } seed)
        {
            file.Set([file.Parameters.ContainsKey(Seeds) ? $"{Seeds}=[{seed}]"
                : throw new UsageException($"--seed: {file.Path} has no parameter '{Seeds}'; set its own with --set")]);
        }

        var folder = parsed.GetValue(_out) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(file.Path));
        var plan = Plan.Of(file, folder);
        plan = plan with { NumThreads = parsed.GetValue(_threads) ?? plan.NumThreads, NumWorkers = parsed.GetValue(_workers) ?? plan.NumWorkers };
        var screen = new Screen(parsed.GetValue(_json));
        if (parsed.GetValue(_dryRun))
        {
            var overview = PlanOverview.Of(plan, folder);
            screen.Show(
                () => new JsonObject { ["plan"] = overview.ToJson(), ["parameters"] = plan.Parameters.DeepClone(), ["run"] = new JsonObject { ["out"] = folder } },
                () => Screen.WriteLines(screen.Results, overview.Lines().Concat(file.Lines(plan.Parameters))));
            return null;
        }

        var request = new PlanRequest(folder)
        {
            Resume = parsed.GetValue(_resume),
            AllowOverMemory = parsed.GetValue(_overMemory),
            StartHost = WorkerProcess.Start,
            Display = (stages, root, run) => PlanProgress.ShowAsync(screen, stages, root, run),
            Notice = Screen.Notice,
        };
        var outcome = await PlanRunner.RunAsync(plan, request, stop);
        screen.Show(() => outcome.ToJson(folder), () =>
        {
            TerminalFindings.Show(screen, outcome.Findings);
            Screen.Notice($"complete in {Durations.InWords(outcome.Seconds)}");
            Screen.WriteLines(screen.Results, $"report: {outcome.Report}");
        });
        return folder;
    }
}
