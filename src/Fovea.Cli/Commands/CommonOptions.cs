using System.CommandLine;
using System.Globalization;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>Options that several commands share, with one wording.</summary>
internal static class CommonOptions
{
    private const int MostThreads = 1024;

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document on standard output and nothing else there." };

    /// <summary><c>--out</c>, required.</summary>
    public static Option<string> Out(string what) => new("--out") { Description = what, Required = true, HelpName = "DIR" };

    /// <summary><c>--config</c>.</summary>
    public static Option<string> Config(bool required) => new("--config") { Description = "A JSONC file; see configs/.", Required = required, HelpName = "FILE" };

    /// <summary><c>--set a.b=c</c>, repeatable.</summary>
    public static Option<string[]> Set() => new("--set") { Description = "Override one key, e.g. --set training.learning_rate=2e-5.", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };

    /// <summary><c>--resume</c>.</summary>
    public static Option<bool> Resume() => new("--resume") { Description = "Go on where an interrupted run stopped." };

    /// <summary><c>--allow-over-memory</c>.</summary>
    public static Option<bool> AllowOverMemory() => new(MemoryLimits.Option) { Description = "Begin although the memory plan exceeds the memory of the machine or of its control group." };

    /// <summary><c>--seed</c>.</summary>
    public static Option<long?> Seed(string what) => new("--seed") { Description = what, HelpName = "N" };

    /// <summary><c>--threads</c>; null for as many as the machine has processors.</summary>
    public static Option<int> Threads(int? unlessGiven = null)
    {
        var threads = new Option<int>("--threads") { Description = "Threads of one operation.", DefaultValueFactory = _ => unlessGiven ?? Environment.ProcessorCount, HelpName = "N" };
        threads.Validators.Add(found =>
        {
            if (found.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is < 1 or > MostThreads)
            {
                found.AddError($"--threads: expected from 1 to {MostThreads}, got {number}.");
            }
        });
        return threads;
    }
}
