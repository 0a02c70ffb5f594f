using System.Diagnostics;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Pipeline.Scores;
using Fovea.Selection;
using Fovea.Selection.Groups;
using Fovea.Store;

namespace Fovea.Bench;

/// <summary>Selection by every method, clusters and queries over a generated store of LLaVA-1.5's size: 665,000 samples of 90 targets.</summary>
internal sealed class SelectionScale(string folder, int samples)
{
    public const int Samples = 665_000, Targets = 90;
    private const int Vocabulary = 32_000, Seed = 11, EmbeddingWidth = 384, NumClusters = 20;
    private const string Blur = "visionless:blur";
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
        var corpus = new JoinedStores([folder], null);
        output.WriteLine($"open and verify, twice: {clock}");
        foreach (var (name, make) in Methods(corpus))
        {
            clock = new Clock();
            var selector = make();
            var report = selector.WriteWeights(corpus.Read(selector.Conditions, selector.Facts), Path.Combine(folder, "bench.weights"));
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

    /// <summary>Times k-means over generated embeddings.</summary>
    public void MeasureClusters(TextWriter output)
    {
        var path = Path.Combine(folder, "embeddings.npy");
        WriteEmbeddings(path);
        var clock = new Clock();
        using var rows = EmbeddingRows.Open(path);
        var clusters = new KMeans(NumClusters, 42).Cluster(rows);
        output.WriteLine($"k-means, {NumClusters} clusters of {rows.Rows} x {rows.Width}: {clock}, the largest {clusters.GroupBy(c => c).Max(g => g.Count())} rows, "
            + $"peak {PeakMiB()} MiB");
        File.Delete(path);
    }

    // The store has no text-only reference: PRIOR's formula is taken of the image's probabilities. The reference of excess loss is a store of its own.
    private static IEnumerable<(string Name, Func<ISelector> Make)> Methods(JoinedStores corpus)
    {
        var keys = corpus.ReadKeys().ToArray();
        var request = new SelectorRequest(corpus)
        {
            Against = "blur",
            Percent = 30,
            Groups = new GroupAssignment(keys.ToDictionary(k => k, k => k.Record % NumClusters), [.. Enumerable.Range(0, NumClusters).Select(g => $"{g}")], "bench"),
            SampleScores = new SampleNumbers(keys.ToDictionary(k => k, k => (double)(k.Record % 1009)), "bench"),
        };
        yield return ("prior", () => new PriorSelector(1, Conditions.Image));
        yield return ("excess-loss", () => new ExcessLossSelector(new ExcessLossOptions { Model = Conditions.Image, Reference = Blur }));
        foreach (var method in Selectors.BuiltIn.Where(m => m.Name is not ("prior" or "excess-loss")))
        {
            yield return (method.Name, () => method.Create(method.Name is "dft" or "eaft" ? request with { Against = null } : request));
        }
    }

    private void WriteEmbeddings(string path)
    {
        using var writer = new BinaryWriter(File.Create(path));
        var head = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({samples}, {EmbeddingWidth}), }}".PadRight(117) + "\n";
        writer.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)head.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(head)]);
        var random = new RandomSource(Seed, "bench/embeddings");
        var centres = Enumerable.Range(0, 2 * NumClusters).Select(_ => Numbers(random)).ToArray();
        for (var i = 0; i < samples; i++)
        {
            foreach (var (centre, noise) in centres[i % centres.Length].Zip(Numbers(random)))
            {
                writer.Write(centre + (2 * noise));
            }
        }
    }

    // Uniform: cheap, and wide enough that clusters overlap.
    private static float[] Numbers(RandomSource random) => [.. Enumerable.Range(0, EmbeddingWidth).Select(_ => (float)random.NextDouble() - 0.5f)];

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
        var (entropy, logit, blindLogit, divergence) = (new float[Targets], new float[Targets], new float[Targets], new float[Targets]);
        for (var t = 0; t < Targets; t++)
        {
            ids[t] = random.Next(Vocabulary);
            blind[t] = (float)Math.Log(1 - random.NextDouble());
            image[t] = blind[t] * (float)random.NextDouble();
            (entropy[t], divergence[t]) = ((float)(4 * random.NextDouble()), (float)random.NextDouble());
            (logit[t], blindLogit[t]) = (20 + image[t], 18 + blind[t]);
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
            LogProbs = new Dictionary<string, float[]> { [Conditions.Image] = image, [Blur] = blind },
            Entropy = new Dictionary<string, float[]> { [Conditions.Image] = entropy },
            Logits = new Dictionary<string, float[]> { [Conditions.Image] = logit, [Blur] = blindLogit },
            Divergence = new Dictionary<string, float[]> { [Blur] = divergence },
        };
    }

    private static string Fingerprint(RandomSource random) => string.Concat(Enumerable.Range(0, 4).Select(_ => random.NextBits().ToString("x16", null)));
}
