using Fovea.Data.Images;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Reporting.Documents;
using Fovea.Store;

namespace Fovea.Pipeline.Findings;

/// <summary>The report of a score store: what its scores say, its own words beside their images, and the tokens at both ends.</summary>
public static class StoreReport
{
    private const int NumExamples = 8, NumTokens = 15, LeastCount = 5, LargestPixelated = 64;

    /// <summary>The page.</summary>
    public static ReportDocument Of(string folder)
    {
        var store = ScoreStoreReader.Open(folder);
        var statistics = StoreStatistics.Of(store);
        var (scored, counts) = (statistics.Select(s => s.Samples).DefaultIfEmpty(0).Max(), StoreSummary.Of(store));
        var manifest = StageManifest.Read(folder);
        string[] warnings = [.. statistics.SelectMany(s => s.Warnings()).Select(w => char.ToUpperInvariant(w[0]) + w[1..] + ".")];
        return new ReportDocument(
            $"Scores: {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))}",
            $"{FindingNumbers.Count(counts.Samples)} samples, {FindingNumbers.Count(scored)} of them scored; {FindingNumbers.Count(counts.Targets)} targets.",
            [
                new ReportSection("Findings", "VIG is what the image adds to a target's log-probability, in nats; 1 - p_ref is how badly a text-only reference "
                    + "predicts it. Brackets are 95 % bootstrap intervals over samples.",
                    [new ListBlock([.. statistics.Select(Sentence)])]),
                Words(store, folder),
                new ReportSection("Histograms", null, [.. statistics.Select(Histogram)]),
                .. Tokens(store, statistics),
            ],
            [.. store.Provenance.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new KeyValue(p.Key, p.Value)),
                .. manifest is null ? [] : ReportProvenance.Configuration(manifest)],
            warnings.Length == 0 ? null : string.Join(' ', warnings));
    }

    private static string Sentence(ScoreStatistics s) => string.Join("; ", StatisticsText.Lines(s).Take(2).Select(l => l.Trim())) + ".";

    private static BarBlock Histogram(ScoreStatistics s) => new(
        $"{s.Score.Title}: targets by score", new ChartAxis("targets", null, NumberFormat.Count), [.. s.Bins.Select(StatisticsText.Name)],
        [new BarSeries(s.Score.Title, [.. s.Bins.Select(b => (double)b.Count)])]);

    /// <summary>Samples with their images where corpus and model are still where they were; else the reason.</summary>
    private static ReportSection Words(ScoreStoreReader store, string folder)
    {
        const string Title = "Words and images";
        if (StoreOrigin.TryOpen(folder, out var reason) is not { Corpus: var corpus } origin)
        {
            return new ReportSection(Title, $"Not shown: {reason}", []);
        }

        try
        {
            var rows = store.Read().Where(r => r.LogProbs.Count > 0).Take(NumExamples).ToArray();
            var processor = origin.View == CorpusView.Image ? ImageProcessor.Load(origin.Model) : null;
            var side = processor is null || rows.Length == 0 ? 0 : SideOf(corpus.Corpus, rows[0].Key, processor);
            var examples = new ScoredExamples(corpus.Corpus, corpus.Encoder.Encode, processor,
                [.. rows.SelectMany(r => r.LogProbs.Keys).Where(c => c != Conditions.Image).Distinct()], pixelated: side <= LargestPixelated);
            return new ReportSection(Title,
                "The first samples that were scored. Beneath each word: its score, summed over its tokens. Orange: the image makes the word likelier; blue: "
                    + "less likely." + (processor is not null ? " The second picture is the first one blurred." : ""),
                examples.Heatmaps(rows));
        }
        catch (Exception e) when (e is FoveaException or IOException)
        {
            return new ReportSection(Title, $"Not shown: {e.Message}", []);
        }
    }

    private static int SideOf(ICorpus corpus, SampleKey key, ImageProcessor processor) =>
        corpus.Samples.FirstOrDefault(s => s.Key == key) is { Images.Count: > 0 } sample ? processor.Rescale(corpus.LoadImage(sample, 0)).Height : 0;

    private static IEnumerable<ReportSection> Tokens(ScoreStoreReader store, IReadOnlyList<ScoreStatistics> statistics)
    {
        var texts = store.ReadTokens().ToDictionary(t => t.Id, t => t.Text);
        if (texts.Count == 0 || statistics.Count == 0)
        {
            yield break;
        }

        var means = statistics.ToDictionary(s => s.Score, _ => new Dictionary<int, (double Sum, int Count)>());
        foreach (var row in store.ReadAhead())
        {
            foreach (var score in statistics.Select(s => s.Score).Where(s => s.IsIn(row)))
            {
                foreach (var (t, value) in score.OfScored(row).Index())
                {
                    var (sum, count) = means[score].GetValueOrDefault(row.TargetIds[t]);
                    means[score][row.TargetIds[t]] = (sum + value, count + 1);
                }
            }
        }

        yield return new ReportSection("Tokens", $"By mean score: the first {NumTokens} and the last of those that occur at least {LeastCount} times.",
            [.. statistics.Select(s => Table(s, means[s.Score], texts))]);
    }

    private static TableBlock Table(ScoreStatistics s, Dictionary<int, (double Sum, int Count)> means, Dictionary<int, string> texts)
    {
        var ranked = means.Where(m => m.Value.Count >= LeastCount)
            .Select(m => (Text: texts.GetValueOrDefault(m.Key, $"{m.Key}"), Mean: m.Value.Sum / m.Value.Count, m.Value.Count))
            .OrderByDescending(m => m.Mean).ThenBy(m => m.Text, StringComparer.Ordinal).ToArray();
        var shown = ranked.Length <= 2 * NumTokens ? ranked : [.. ranked.Take(NumTokens), .. ranked.TakeLast(NumTokens)];
        return new TableBlock(s.Score.Title, "Token", [new("mean"), new("times", NumberFormat.Count)],
            [.. shown.Select(m => new TableRow($"'{m.Text}'", [new(Value: m.Mean), new(Value: m.Count)]))]);
    }
}
