using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Plans;

namespace Fovea.Cli.Commands;

/// <summary>What <c>run</c> and <c>demo</c> have in common.</summary>
internal sealed class StoryOptions
{
    private readonly Option<string?> _out = new("--out") { Description = "Folder of the run (default: runs/NAME).", HelpName = "DIR" };
    private readonly Option<long?> _seed = CommonOptions.Seed("Run this one seed instead of the configuration's.");
    private readonly Option<int?> _workers = Numbers.Optional("--workers", "Worker processes side by side (default: one per processor).", "N", new Bounds<int>(AtLeast: 1, AtMost: 1024));
    private readonly Option<int?> _threads = Numbers.Optional("--threads", "Processor threads of one operation in each worker (default: the configuration's).", "N", new Bounds<int>(AtLeast: 1, AtMost: 1024));
    private readonly Option<bool> _resume = CommonOptions.Resume();
    private readonly Option<bool> _overMemory = CommonOptions.AllowOverMemory();
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set { get; } = CommonOptions.Set();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _out, _seed, Set, _workers, _threads, _resume, _overMemory, _json })
        {
            command.Add(option);
        }
    }

    /// <summary>Runs a configuration as the options ask, and shows what it found.</summary>
    public async Task RunAsync(ParseResult parsed, RunConfig config, string file, CancellationToken stop)
    {
        var screen = new Screen(parsed.GetValue(_json));
        var request = new StoryRequest(
            parsed.GetValue(_out) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(file)), parsed.GetValue(_seed), parsed.GetValue(_workers), parsed.GetValue(_resume),
            (plan, folder, run) => PlanProgress.ShowAsync(screen, plan, folder, run), Screen.Notice)
        {
            AllowOverMemory = parsed.GetValue(_overMemory),
        };
        StoryResults.Show(screen, request, await StoryRunner.RunAsync(Apply(parsed, config), file, request, stop));
    }

    private RunConfig Apply(ParseResult parsed, RunConfig config) => parsed.GetValue(_threads) is { } threads ? config with { NumThreads = threads } : config;
}
