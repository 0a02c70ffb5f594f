using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Fovea.EndToEnd.Tests;

/// <summary>What a run of the command line gave.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Errors)
{
    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonNode Json => JsonNode.Parse(Output)!;
}

/// <summary>Runs <c>fovea</c> as a user does.</summary>
internal static class FoveaProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Program { get; } = Path.Combine(RepositoryRoot, "artifacts", "bin", "Fovea.Cli", Metadata("Configuration"), "fovea");

    public static Outcome Run(params string[] arguments) => Under([], arguments);

    /// <summary>Runs with some variables of the environment set.</summary>
    public static Outcome Under(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(Limit), $"fovea {string.Join(' ', arguments)} did not end");
        return new Outcome(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Runs and demands success.</summary>
    public static Outcome Succeed(params string[] arguments)
    {
        var outcome = Run(arguments);
        Assert.True(outcome.ExitCode == 0, $"fovea {string.Join(' ', arguments)}\nexit code {outcome.ExitCode}\n{outcome.Errors}");
        return outcome;
    }

    /// <summary>Starts it with signals at their default, whatever a shell in the background or <c>nohup</c> made this process ignore.</summary>
    public static Process Start(params string[] arguments) => Start([], arguments);

    /// <summary>The same as the leader of a group of processes of its own, so that a signal can be sent to all of it.</summary>
    public static Process StartGroup(params string[] arguments) => Start([], arguments, through: ["setsid"]);

    /// <summary>Starts it as <c>nohup</c> or a shell in the background does, with a signal that is ignored.</summary>
    public static Process StartIgnoring(string signal, params string[] arguments) => Start([], arguments, $"--ignore-signal={signal}");

    /// <summary>Sends a signal, e.g. <c>INT</c>; to the whole group if asked.</summary>
    public static void Signal(this Process process, string signal, bool group = false) =>
        Process.Start("kill", [$"-{signal}", "--", $"{(group ? "-" : "")}{process.Id}"]).WaitForExit();

    private static Process Start(
        Dictionary<string, string> environment, string[] arguments, string signals = "--default-signal=INT,TERM,HUP,QUIT", string[]? through = null)
    {
        var start = new ProcessStartInfo("env", [signals, .. through ?? [], Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = RepositoryRoot,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static string Metadata(string key) =>
        typeof(FoveaProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}

/// <summary>A folder that is removed after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fovea-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
