using System.Diagnostics;
using System.Security.Cryptography;

namespace Fovea.EndToEnd.Tests;

/// <summary>
/// Each command that leaves files, killed when its folder appears and at random moments, and given again: the files are those of the run that was left alone,
/// and nothing else is left. One random moment a command here; <c>tests/long/kill-commands</c> takes twenty.
/// </summary>
[Collection(nameof(ScoreStoreTests.Scored))]
public sealed class KilledCommandTests(ScoreStoreTests.Scored scored)
{
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("FOVEA_KILLS"), out var kills) ? kills : 1;

    // Another one in each run: over time more moments are tried. A failure names it, so that it can be tried again.
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("FOVEA_KILL_SEED"), out var seed) ? seed : Random.Shared.Next();

    private TemporaryFolder Folder => scored.Folder;

    [Theory]
    [InlineData("select")]
    [InlineData("scenes")]
    [InlineData("tokenizer")]
    [InlineData("export")]
    [InlineData("eval")]
    [InlineData("report")]
    public void A_killed_command_gives_the_same_files_when_it_is_given_again(string name)
    {
        var clock = Stopwatch.StartNew();
        FoveaProcess.Succeed(Command(name, Made(name, "whole")));
        var whole = clock.Elapsed;
        FoveaProcess.Succeed(Again(name, Made(name, "whole"))); // what is complete is returned
        var random = new Random(Seed);
        for (var kill = 0; kill <= Kills; kill++)
        {
            var folder = Made(name, $"killed-{kill}");
            var moment = whole * random.NextDouble();
            using (var process = FoveaProcess.Start(Command(name, folder)))
            {
                clock.Restart();
                while (!process.HasExited && (kill == 0 ? !HasBegun(folder) : clock.Elapsed < moment))
                {
                    Thread.Sleep(1);
                }

                process.Kill();
                process.WaitForExit();
            }

            FoveaProcess.Succeed(Again(name, folder));
            Assert.True(Files(Made(name, "whole")).SequenceEqual(Files(folder)),
                $"{name} differs after a kill {(kill == 0 ? "at its start" : $"after {moment.TotalSeconds:0.000} s")} (FOVEA_KILL_SEED={Seed})");
        }
    }

    [Fact]
    public void An_export_does_not_replace_other_files_unless_told_to()
    {
        var folder = Made("export", "forced");
        var command = Command("export", folder);
        var file = Folder.Write(Path.Combine(folder, "rows.jsonl"), "mine");
        Assert.Contains("--force", Assert.Single(FoveaProcess.Run(command).ErrorLines), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(file));
        FoveaProcess.Succeed([.. command, "--force"]);
        Assert.NotEqual("mine", File.ReadAllText(file));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void A_second_process_on_one_folder_ends_with_one_line_and_the_first_is_not_disturbed()
    {
        var config = Folder.Write("locked.jsonc", $$"""
            { "model": "{{scored.Model}}", "data": [{ "file": "{{scored.Data}}" }], "training": { "steps": 100000, "batch_size": 4, "learning_rate": 1e-3, "seed": 3 } }
            """);
        string[] train = ["train", "--config", config, "--out", Folder["locked"], "--threads", "1", "--resume"];
        using var first = FoveaProcess.Start(train);
        var metrics = Path.Combine(Folder["locked"], "metrics.jsonl");
        for (var clock = Stopwatch.StartNew(); !File.Exists(metrics) && !first.HasExited && clock.Elapsed < TimeSpan.FromMinutes(2);)
        {
            Thread.Sleep(20);
        }

        var second = FoveaProcess.Run(train);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"another process ({first.Id})", Assert.Single(second.ErrorLines), StringComparison.Ordinal);
        first.Signal("TERM");
        first.WaitForExit();
        Assert.Equal(143, first.ExitCode);
    }

    // Its lock is not work yet.
    private static bool HasBegun(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any(f => Path.GetFileName(f) != ".lock");

    private string Made(string name, string run) => Folder[$"{name}-{run}"];

    private string[] Command(string name, string folder)
    {
        switch (name)
        {
            case "select":
                return ["select", "--scores", Folder["scores"], "--method", "vig", "--p", "60", "--out", folder];
            case "scenes":
                return ["scenes", "--out", folder, "--seed", "4", "--count", "300"];
            case "tokenizer":
                return ["scenes", "tokenizer", "--out", folder];
            case "export":
                Directory.CreateDirectory(folder);
                if (!Directory.Exists(Folder["kill-weights"]))
                {
                    FoveaProcess.Succeed("select", "--scores", Folder["scores"], "--method", "uniform", "--out", Folder["kill-weights"]);
                }

                return ["export", "--data", scored.Data, "--model", scored.Model, "--weights", Folder["kill-weights"], "--out",
                    Path.Combine(folder, "rows.jsonl")];
            case "eval":
                return ["eval", "scenes", "--model", scored.Model, "--scenes", Folder["scenes"], "--out", folder, "--max-new-tokens", "2", "--threads", "1"];
            default:
                Directory.CreateDirectory(folder);
                return ["report", Folder["run"], "--out", Path.Combine(folder, "report.html")];
        }
    }

    private string[] Again(string name, string folder) => [.. Command(name, folder), .. name == "eval" ? ["--resume"] : Array.Empty<string>()];

    // The stage's own file tells the time.
    private static string[] Files(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Order(StringComparer.Ordinal)
            .Where(f => Path.GetFileName(f) is not ("stage.json" or ".lock"))
            .Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}"),
    ];
}
