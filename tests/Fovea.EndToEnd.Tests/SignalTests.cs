using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fovea.EndToEnd.Tests;

/// <summary>
/// Every kind of long work ends soon after a signal, with one line and the exit code that says which. A few commands here, at once, since each only has to be
/// at work; <c>tests/long/signals</c> sends each signal to each command by itself, and holds them to two seconds.
/// </summary>
[Collection(nameof(ScoreStoreTests.Scored))]
public sealed class SignalTests(ScoreStoreTests.Scored scored) : IDisposable
{
    private readonly TcpListener _silent = Silent(); // takes connections and never answers

    private static readonly bool All = Environment.GetEnvironmentVariable("FOVEA_SIGNALS") == "all";

    // Two seconds is what is promised; the suite may share its machine with others.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(All ? 2 : 6);

    private static readonly string[] Commands =
        ["query", "rows", "recursive", "repeat", "audit", "train", "score", "prior", "scenes", "eval", "ask", "judge", "bench", "bench-train", "bench-ask",
            "verify", "demo"];

    private static readonly (string Signal, bool Again)[] Ways = [("INT", false), ("TERM", false), ("HUP", false), ("QUIT", false),
        ("INT", true), ("TERM", true)];

    private TemporaryFolder Folder => scored.Folder;

    public void Dispose() => _silent.Dispose();

    private static TcpListener Silent()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    [Fact]
    public void Commands_at_work_end_soon_after_a_signal_with_one_line()
    {
        (string Name, string Signal)[] some =
            [("query", "INT"), ("rows", "TERM"), ("recursive", "HUP"), ("audit", "INT"), ("train", "TERM"), ("score", "INT"),
                ("scenes", "TERM"), ("ask", "INT"), ("judge", "TERM"), ("bench", "INT")];
        Assert.Multiple([.. some.Select(s => Start(s.Name)).ToArray().Zip(some, (p, s) => (Action)(() => Ends(p, s.Name, s.Signal, again: false)))]);
    }

    [Fact]
    public void Each_signal_ends_each_command_by_itself()
    {
        Assert.SkipUnless(All, "tests/long/signals runs it");
        foreach (var (name, signal, again) in
            from n in Commands
            from s in Ways
            select (n, s.Signal, s.Again))
        {
            Ends(Start(name), name, signal, again);
        }
    }

    [Fact]
    public void A_run_whose_whole_group_is_terminated_says_interrupted()
    {
        var arguments = Arguments("demo");
        var run = arguments[Array.IndexOf(arguments, "--out") + 1];
        using var process = FoveaProcess.StartGroup(arguments);
        var lines = Drain(process);
        WaitUntilAtWork(process);
        while (!process.HasExited && !Directory.Exists(Path.Combine(run, "seed-101")))
        {
            Thread.Sleep(20);
        }

        process.Signal("TERM", group: true);
        Assert.True(process.WaitForExit(Soon));
        Assert.Equal(143, process.ExitCode);
        Assert.StartsWith("fovea: interrupted", Assert.Single(lines(), l => l.StartsWith("fovea:", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signal_that_the_parent_ignores_stays_ignored()
    {
        using var process = FoveaProcess.StartIgnoring("INT", Arguments("query"));
        WaitUntilAtWork(process);
        process.Signal("INT");
        Assert.False(process.WaitForExit(TimeSpan.FromSeconds(2.5)));
        process.Signal("TERM");
        Assert.True(process.WaitForExit(Soon));
        Assert.Equal(143, process.ExitCode);
    }

    [Fact]
    public void A_second_signal_ends_at_once()
    {
        using var process = Start("query");
        WaitUntilAtWork(process);
        process.Signal("INT");
        Thread.Sleep(150);
        process.Signal("INT");
        Assert.True(process.WaitForExit(Soon));
        Assert.Equal(130, process.ExitCode);
    }

    private Process Start(string name) => FoveaProcess.Start(Arguments(name));

    private string[] Arguments(string name)
    {
        string Out() => Folder[$"{name}-{Guid.NewGuid():N}"]; // the folder is shared by all tests of the class
        return name switch
        {
            "query" => ["scores", "query", Folder["scores"], "SELECT count(*) FROM scores a, scores b, scores c, scores d"],
            "rows" => ["scores", "query", Folder["scores"], "SELECT a.* FROM scores a, scores b, scores c"],
            "recursive" => ["scores", "query", Folder["scores"], "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"],
            "repeat" => ["scores", "query", Folder["scores"], "SELECT max(length(repeat('a', 400000000 + a.position))) FROM scores a"],
            "audit" => ["data", "audit", "--data", Corpus(), "--images", Folder["scenes"], "--model", scored.Model],
            "train" => ["train", "--config", Training(), "--out", Out(), "--threads", "1"],
            "score" => ["score", "vig", "--model", scored.Model, "--data", Corpus(), "--images", Folder["scenes"], "--proxy", "black", "--out",
                Out(), "--threads", "1"],
            "prior" => ["score", "prior", "--model", scored.Model, "--data", Corpus(), "--images", Folder["scenes"], "--out", Out(), "--threads", "1"],
            "scenes" => ["scenes", "--out", Out(), "--count", "1000000"],
            "eval" => ["eval", "scenes", "--model", scored.Model, "--scenes", ManyScenes(), "--out", Out(), "--threads", "1"],
            "ask" => ["eval", "ask", "--model", scored.Model, "--questions", ManyQuestions(), "--out", Out(), "--threads", "1"],
            "judge" => ["eval", "judge", "--prompts", ManyQuestions(), "--judge-url", $"http://{_silent.LocalEndpoint}/v1", "--judge-model", "none", "--key-variable",
                "PATH", "--cache", Out(), "--out", Out() + ".jsonl"],
            "bench" => ["bench", "score", "--rounds", "1000", "--threads", "1"],
            "bench-ask" => ["bench", "ask", "--questions", "100000", "--threads", "1"],
            "bench-train" => ["bench", "train", "--rounds", "1000", "--threads", "1"],
            "verify" => ["verify", Path.Combine(Environment.GetEnvironmentVariable("FOVEA_TESTDATA") ?? "../shared", "fixtures"), "--threads", "1"],
            "demo" => ["demo", "--seed", "101", "--out", Out(), "--workers", "2"],
            _ => throw new ArgumentException(name),
        };
    }

    private static void Ends(Process process, string name, string signal, bool again)
    {
        using (process)
        {
            var lines = Drain(process);
            WaitUntilAtWork(process);
            if (process.HasExited)
            {
                Assert.Fail($"{name} ended by itself: {string.Join('\n', lines())}");
            }

            process.Signal(signal);
            if (again)
            {
                Thread.Sleep(150);
                process.Signal(signal);
            }

            var clock = Stopwatch.StartNew();
            var ended = process.WaitForExit(Soon);
            if (!ended)
            {
                process.Kill();
            }

            Assert.True(ended, $"{name} was still at work {Soon} after {signal}");
            Assert.True(process.ExitCode == Code(signal), $"{name} ended with {process.ExitCode} after {signal}: {string.Join('\n', lines())}");
            Assert.StartsWith("fovea: interrupted", Assert.Single(lines(), l => l.StartsWith("fovea:", StringComparison.Ordinal)), StringComparison.Ordinal);
            TestContext.Current.SendDiagnosticMessage($"{name} {signal}{(again ? " twice" : "")}: {clock.Elapsed.TotalSeconds:0.00} s");
        }
    }

    private static int Code(string signal) => signal switch { "HUP" => 129, "INT" => 130, "QUIT" => 131, _ => 143 };

    // Past its start: it has computed for a while, or waits for something.
    private static void WaitUntilAtWork(Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && process.TotalProcessorTime < TimeSpan.FromSeconds(1.2) && clock.Elapsed < TimeSpan.FromSeconds(8))
        {
            Thread.Sleep(20);
            process.Refresh();
        }
    }

    /// <summary>Reads what it says, so that no pipe fills; the lines of standard error are there once it has ended.</summary>
    private static Func<string[]> Drain(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        return () => errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private string Corpus()
    {
        if (!File.Exists(Folder["many.jsonl"]))
        {
            using var writer = new StreamWriter(Folder["many.jsonl"]);
            for (var i = 0; i < 400_000; i++)
            {
                writer.WriteLine(
                    $$"""{"id":"{{i}}","conversations":[{"from":"human","value":"What is there on the left of the picture?"},{"from":"gpt","value":"A circle, a square and number {{i}}."}]}""");
            }
        }

        return Folder["many.jsonl"];
    }

    private string ManyQuestions() => Folder.Write("questions.jsonl", string.Concat(Enumerable.Range(0, 20_000).Select(i =>
        $"{{\"id\":\"{i}\",\"question\":\"What is on the left of picture {i}?\",\"prompt\":\"Rate answer {i}.\"}}\n")));

    private string ManyScenes()
    {
        if (!Directory.Exists(Folder["many-scenes"]))
        {
            FoveaProcess.Succeed("scenes", "--out", Folder["many-scenes"], "--seed", "3", "--count", "2000");
        }

        return Folder["many-scenes"];
    }

    private string Training() => Folder.Write("long.jsonc", $$"""
        { "model": "{{scored.Model}}", "data": [{ "file": "{{scored.Data}}" }], "training": { "steps": 1000000, "batch_size": 4, "learning_rate": 1e-3, "seed": 3 } }
        """);
}
