using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>One score of a store in numbers.</summary>
/// <param name="Score">Which score.</param>
/// <param name="Mean">Mean over targets; samples are resampled.</param>
/// <param name="AboveZero">Share of the targets whose score is above zero.</param>
/// <param name="Samples">Samples with this score.</param>
/// <param name="Bins">Its histogram over targets.</param>
/// <param name="Tau">VIG's threshold at <see cref="StoreStatistics.Percent"/> per cent; null for PRIOR or without samples to rank.</param>
public sealed record ScoreStatistics(DerivedScore Score, Estimate Mean, Estimate AboveZero, int Samples, IReadOnlyList<HistogramBin> Bins, double? Tau)
{
    /// <summary>The mean with its interval, with more decimals than three where they are too small for those.</summary>
    public string MeanText
    {
        get
        {
            var decimals = FindingNumbers.DecimalsFor([Mean.Value, Mean.Low, Mean.High]);
            return $"{FindingNumbers.Of(Mean.Value, NumberFormat.Ratio, decimals)} {FindingNumbers.Interval(Mean.Low, Mean.High, NumberFormat.Ratio, decimals)}".TrimEnd();
        }
    }

    /// <summary>What a user must know before selecting by this score.</summary>
    public IEnumerable<string> Warnings()
    {
        if (!Score.IsVig || Samples == 0)
        {
            yield break;
        }

        if (Mean.Low is not > 0)
        {
            yield return
                $"mean {Score.Title} is not above zero ({MeanText} nats per token{(Mean.Low is null ? ", too few samples for an interval" : "")}): this model "
                    + $"does not see these images yet, and weights from these scores would not select what the image explains";
        }

        if (Tau is <= 0)
        {
            yield return
                $"tau of {Score.Title} at --p {StoreStatistics.Percent} is {FindingNumbers.Of(Tau, NumberFormat.Ratio, FindingNumbers.TauDecimals)} nats, not "
                    + $"above zero: tokens would be kept that the image makes less likely; choose a smaller --p";
        }
    }

    /// <summary>All of it, at full precision.</summary>
    public JsonObject ToJson() => new()
    {
        ["score"] = Score.Title,
        ["samples"] = Samples,
        ["targets"] = Mean.Count,
        ["mean"] = Json(Mean),
        ["above_zero"] = Json(AboveZero),
        ["tau"] = Tau,
        ["histogram"] = new JsonArray([.. Bins.Select(b => new JsonObject { ["from"] = b.From, ["to"] = b.To, ["count"] = b.Count })]),
    };

    private static JsonObject Json(Estimate e) => new() { ["value"] = e.Value, ["low"] = e.Low, ["high"] = e.High };
}

/// <summary>What the scores of a store say: VIG for each visionless condition, 1 - p_ref for a text-only reference alone.</summary>
public sealed class StoreStatistics
{
    /// <summary>The p for which tau is told, as in the paper and in <c>fovea select</c>'s default.</summary>
    public const int Percent = VigOptions.PaperPercent;

    /// <summary>More samples than this are resampled in blocks of neighbours: 2,000 resamples of a million units would take minutes.</summary>
    private const int MaxUnits = 4096;

    private readonly Dictionary<DerivedScore, Sums> _sums = [];

    private StoreStatistics()
    {
    }

    /// <summary>Reads a store once.</summary>
    public static IReadOnlyList<ScoreStatistics> Of(ScoreStoreReader store)
    {
        var statistics = new StoreStatistics();
        foreach (var row in store.ReadAhead())
        {
            statistics.Add(row);
        }

        return [.. statistics._sums.OrderBy(s => s.Key.Condition, StringComparer.Ordinal).Select(s => s.Value.Finish())];
    }

    /// <summary>Adds all scores, and what they warn of, to a JSON document, which it returns.</summary>
    public static JsonObject AddTo(JsonObject document, IReadOnlyList<ScoreStatistics> statistics)
    {
        document["statistics"] = new JsonObject(statistics.Select(s => KeyValuePair.Create(s.Score.Condition, (JsonNode?)s.ToJson())));
        document["warnings"] = new JsonArray([.. statistics.SelectMany(s => s.Warnings()).Select(w => (JsonNode)w)]);
        return document;
    }

    private void Add(TokenScores row)
    {
        var sees = row.LogProbs.ContainsKey(Conditions.Image);
        foreach (var score in DerivedScore.AllOf(row).Where(s => s.IsVig == sees))
        {
            if (!_sums.TryGetValue(score, out var sums))
            {
                _sums[score] = sums = new Sums(score);
            }

            sums.Add(row);
        }
    }

    private sealed class Sums(DerivedScore score)
    {
        private readonly List<(double Sum, int Above, int Count)> _samples = [];
        private readonly List<double> _ranked = [];
        private readonly TokenHistogram _histogram = new();

        public void Add(TokenScores row)
        {
            // Ranked as a selection ranks them, so that its tau is this one.
            if (score.IsVig && VisualInformationGain.IsRanked(row))
            {
                _ranked.Add(VisualInformationGain.OfSample(row, Conditions.Image, score.Condition, out _));
            }

            if (score.OfScored(row) is { Length: > 0 } values)
            {
                Array.ForEach(values, _histogram.Add);
                _samples.Add((values.Sum(), values.Count(v => v > 0), values.Length));
            }
        }

        public ScoreStatistics Finish() => new(
            score, Estimate(score.Condition + "/mean", s => s.Sum), Estimate(score.Condition + "/above_zero", s => s.Above), _samples.Count, _histogram.Bins(),
            Threshold.Of(_ranked, Percent) is { } tau && double.IsFinite(tau) ? tau : null);

        private Estimate Estimate(string name, Func<(double Sum, int Above, int Count), double> of)
        {
            var blocks = _samples.Chunk(Math.Max(1, (_samples.Count + MaxUnits - 1) / MaxUnits)).ToArray();
            return Bootstrap.Of(new Metric(name, null, [.. blocks.Select(b => b.Sum(of))], [.. blocks.Select(b => (double)b.Sum(s => s.Count))]));
        }
    }
}
