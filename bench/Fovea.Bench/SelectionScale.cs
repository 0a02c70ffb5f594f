using System.Diagnostics;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Pipeline.Scores;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Bench;

/// <summary>Selection and queries over a generated store of LLaVA-1.5's size: 665,000 samples of 90 targets.</summary>
internal sealed class SelectionScale(string folder, int samples)
{
    public const int Samples = 665_000, Targets = 90;
    private const int Vocabulary = 32_000, Seed = 11;
    private const string TopTokens = """
        SELECT token, avg(vig) AS vig, count(*) AS n FROM vig WHERE condition = 'visionless:blur' GROUP BY token ORDER BY vig DESC LIMIT 50
        """;

    private const string TopTokensOfScores = """
        SELECT token, avg(log_prob) FILTER (condition = 'image') - avg(log_prob) FILTER (condition = 'visionless:blur') AS vig, count(*) AS n
        FROM scores GROUP BY token ORDER BY vig DESC LIMIT 50
        """;

    /// <summary>Makes the store if it is not there.</summary>
    public void Generate()
    {
        using var store = ScoreStoreWriter.Open(folder,
            new Dictionary<string, string> { ["generated"] = "bench", ["seed"] = $"{Seed}", ["samples"] = $"{samples}" });
        if (store.IsComplete)
        {
            return;
        }

        store.WriteTokens([.. Enumerable.Range(0, Vocabulary).Select(i => $"token{i}")]);
        for (var shard = 0; shard * ScoreStoreWriter.MaxShardRows < samples; shard++)
        {
            if (!store.HasShard(shard))
            {
                var first = shard * ScoreStoreWriter.MaxShardRows;
                store.WriteShard(shard, [.. Enumerable.Range(first, Math.Min(ScoreStoreWriter.MaxShardRows, samples - first)).Select(Row)]);
            }
        }

        store.Complete();
    }

    /// <summary>Times <c>select</c> from opening the store to the weights file, and the queries.</summary>
    public void Measure(TextWriter output)
    {
        var clock = new Clock();
        var store = ScoreStoreReader.Open(folder);
        output.WriteLine($"open and verify: {clock}");
        foreach (var (name, selector) in new (string, ISelector)[] { ("vig", new VigSelector(new VigOptions())), ("prior", new PriorSelector(1, Conditions.Image)) })
        {
            clock = new Clock();
            var report = selector.WriteWeights(store.ReadAhead(selector.Conditions), Path.Combine(folder, name + ".weights"));
            output.WriteLine($"select {name}: {clock}, {report.Kept} of {report.Samples} samples, {report.SupervisedTokens} of {report.Targets} tokens, "
                + $"peak {PeakMiB()} MiB");
        }

        foreach (var sql in new[] { TopTokens, TopTokensOfScores })
        {
            clock = new Clock();
            using var query = ScoreQuery.Open(store);
            using var answer = query.Run(sql);
            var rows = 0;
            while (answer.Next())
            {
                rows++;
            }

            output.WriteLine($"query: {clock}, {rows} rows, peak {PeakMiB()} MiB: {sql.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Wall-clock time, and processor time of all threads: what other programs on the machine cost is the difference.</summary>
    private sealed class Clock
    {
        private readonly Stopwatch _wall = Stopwatch.StartNew();
        private readonly TimeSpan _before = Environment.CpuUsage.TotalTime;

        public override string ToString() =>
            $"{_wall.Elapsed.TotalSeconds:0.0} s ({(Environment.CpuUsage.TotalTime - _before).TotalSeconds:0.0} s of processor time)";
    }

    private static long PeakMiB()
    {
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64 >> 20;
    }

    private static TokenScores Row(int record)
    {
        var random = new RandomSource(Seed, "bench/scores", record);
        var (ids, image, blind) = (new int[Targets], new float[Targets], new float[Targets]);
        for (var t = 0; t < Targets; t++)
        {
            ids[t] = random.Next(Vocabulary);
            blind[t] = (float)Math.Log(1 - random.NextDouble());
            image[t] = blind[t] * (float)random.NextDouble();
        }

        return new TokenScores
        {
            Key = new SampleKey("generated.json", record),
            Id = $"{record}",
            TextFingerprint = Fingerprint(random),
            ContextFingerprint = Fingerprint(random),
            ImageHash = Fingerprint(random),
            HasImage = true,
            TargetIds = ids,
            EndTargets = [Targets - 1],
            LogProbs = new Dictionary<string, float[]> { [Conditions.Image] = image, [Conditions.Visionless("blur")] = blind },
        };
    }

    private static string Fingerprint(RandomSource random) => string.Concat(Enumerable.Range(0, 4).Select(_ => random.NextBits().ToString("x16", null)));
}
