using System.Diagnostics;
using System.Globalization;

namespace Fovea.EndToEnd.Tests;

/// <summary>
/// One scoring run killed without warning at random moments and started again by the same command each time. FOVEA_KILLS says how often:
/// 3 here, 20 in tests/long.
/// </summary>
public sealed class ScoringKillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _kills = int.Parse(Environment.GetEnvironmentVariable("FOVEA_KILLS") ?? "3", CultureInfo.InvariantCulture);
    private readonly int _seed = int.Parse(Environment.GetEnvironmentVariable("FOVEA_KILL_SEED") ?? "1", CultureInfo.InvariantCulture);

    public ScoringKillTests()
    {
        var scenes = 200 + (25 * _kills);
        FoveaProcess.Succeed("scenes", "--out", _folder["scenes"], "--seed", "5", "--count", $"{scenes}", "--set", "text_only_record_rate=0.2");
        FoveaProcess.Succeed("scenes", "tokenizer", "--out", _folder["tokenizer"]);
        var config = _folder.Write("model.jsonc", $$"""
            { "preset": { "name": "tiny-llava" }, "tokenizer": "{{_folder["tokenizer"]}}", "data": [{ "file": "{{_folder["scenes"]}}/captions.json" }], "training": { "steps": 2, "batch_size": 4, "learning_rate": 1e-3, "seed": 3 } }
            """);
        FoveaProcess.Succeed("train", "--config", config, "--out", _folder["model"], "--threads", "1");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Killed_at_random_moments_the_store_ends_as_if_nothing_had_happened_and_no_finished_shard_is_scored_twice()
    {
        FoveaProcess.Succeed(Score("whole"));
        var random = new Random(_seed);
        var finished = new Dictionary<string, DateTime>();
        var midway = 0;
        for (var kill = 0; kill < _kills; kill++)
        {
            KillAfter(random.Next(0, 12), TimeSpan.FromMilliseconds(random.Next(0, 25)));
            foreach (var shard in Shards("killed"))
            {
                finished.TryAdd(Path.GetFileName(shard), File.GetLastWriteTimeUtc(shard));
            }

            midway += finished.Count > 0 && finished.Count < Shards("whole").Length ? 1 : 0;
        }

        FoveaProcess.Succeed(Score("killed"));
        Assert.True(midway > 0, $"no kill fell into the scoring (seed {_seed})");
        Assert.All(finished, f => Assert.Equal(f.Value, File.GetLastWriteTimeUtc(Path.Combine(_folder["killed"], f.Key))));
        Assert.Equal(Files("whole"), Files("killed"));
        FoveaProcess.Succeed("scores", "verify", _folder["killed"]);
    }

    private string[] Score(string name) =>
    [
        "score", "vig", "--model", Path.Combine(_folder["model"], "model"), "--data", Path.Combine(_folder["scenes"], "dialogues.json"), "--proxy",
            "blur", "--proxy", "black",
        "--shard-samples", "2", "--token-budget", "600", "--out", _folder[name], "--threads", "1",
    ];

    /// <summary>Lets a run finish so many more shards, waits a moment, and kills it.</summary>
    private void KillAfter(int shards, TimeSpan moment)
    {
        var wanted = Shards("killed").Length + shards;
        using var process = FoveaProcess.Start(Score("killed"));
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && (Shards("killed").Length < wanted || (shards == 0 && clock.Elapsed < 40 * moment))
            && clock.Elapsed < TimeSpan.FromMinutes(2))
        {
            Thread.Sleep(1);
        }

        Thread.Sleep(moment);
        process.Kill();
        process.WaitForExit();
    }

    private string[] Shards(string name) => Directory.Exists(_folder[name]) ? Directory.GetFiles(_folder[name], "shard-*.parquet") : [];

    // All that is in the store, in order; the stage's own file tells the time.
    private string[] Files(string name) =>
    [
        .. Directory.GetFiles(_folder[name]).Order(StringComparer.Ordinal).Where(f => Path.GetFileName(f) is not ("stage.json" or ".lock"))
            .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"),
    ];
}
