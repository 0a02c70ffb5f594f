using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Core.Results;
using Fovea.Core.Scores;
using Fovea.Evaluation.Statistics;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>One score of a store in numbers.</summary>
/// <param name="Condition">What the image is compared with, or the text-only reference for PRIOR's score.</param>
/// <param name="Title">Its name.</param>
/// <param name="IsVig">Whether it is VIG in nats; else it is 1 - p_ref.</param>
/// <param name="Mean">Mean over targets; samples are resampled.</param>
/// <param name="AboveZero">Share of the targets whose score is above zero.</param>
/// <param name="Samples">Samples with this score.</param>
/// <param name="Bins">Its histogram over targets.</param>
/// <param name="Tau">VIG's threshold at <see cref="StoreStatistics.Percent"/> per cent; null for PRIOR or without samples to rank.</param>
public sealed record ScoreStatistics(
    string Condition, string Title, bool IsVig, Estimate Mean, Estimate AboveZero, int Samples, IReadOnlyList<HistogramBin> Bins, double? Tau)
{
    /// <summary>The mean with its interval, with more decimals than three where they are too small for those.</summary>
    public string MeanText
    {
        get
        {
            var largest = new[] { Mean.Value, Mean.Low, Mean.High }.Max(v => Math.Abs(v ?? 0));
            var zeros = "0." + new string('0', largest is > 0 and < 0.01 ? Math.Min(6, 1 - (int)Math.Floor(Math.Log10(largest))) : 3);
            // Three sections, so that nothing is written as -0.000.
            string Text(double? value) => value?.ToString($"{zeros};-{zeros};{zeros}", CultureInfo.InvariantCulture) ?? "–";
            return Mean.Low is null || Mean.High is null ? Text(Mean.Value) : $"{Text(Mean.Value)} [{Text(Mean.Low)}, {Text(Mean.High)}]";
        }
    }

    /// <summary>What a user must know before selecting by this score.</summary>
    public IEnumerable<string> Warnings()
    {
        if (!IsVig || Samples == 0)
        {
            yield break;
        }

        if (Mean.Low is not > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"mean {Title} is not above zero ({MeanText} nats per token{(Mean.Low is null ? ", too few samples for an interval" : "")}): this model does not see these images yet, and weights from these scores would not select what the image explains");
        }

        if (Tau is <= 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"tau of {Title} at --p {StoreStatistics.Percent} is {Tau:0.000000} nats, not above zero: tokens would be kept that the image makes less likely; choose a smaller --p");
        }
    }

    /// <summary>All of it, at full precision.</summary>
    public JsonObject ToJson() => new()
    {
        ["score"] = Title,
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

    private readonly Dictionary<string, Sums> _sums = new(StringComparer.Ordinal);

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

        return [.. statistics._sums.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => s.Value.Finish(s.Key))];
    }

    /// <summary>Adds all scores, and what they warn of, to a JSON document.</summary>
    public static void AddTo(JsonObject document, IReadOnlyList<ScoreStatistics> statistics)
    {
        document["statistics"] = new JsonObject(statistics.Select(s => KeyValuePair.Create(s.Condition, (JsonNode?)s.ToJson())));
        document["warnings"] = new JsonArray([.. statistics.SelectMany(s => s.Warnings()).Select(w => (JsonNode)w)]);
    }

    private void Add(TokenScores row)
    {
        var sees = row.LogProbs.ContainsKey(Conditions.Image);
        foreach (var condition in row.LogProbs.Keys.Where(c => c != Conditions.Image && (sees || c == Conditions.TextOnlyReference)))
        {
            if (!_sums.TryGetValue(condition, out var sums))
            {
                _sums[condition] = sums = new Sums(sees);
            }

            sums.Add(sees
                ? VisualInformationGain.OfTokens(row, Conditions.Image, condition)
                : [.. row.LogProbs[condition].Where(x => !float.IsNaN(x)).Select(x => TokenMeasures.OneMinusProbability(x))], row.HasImage);
        }
    }

    private sealed class Sums(bool isVig)
    {
        private readonly List<(double Sum, int Above, int Count)> _samples = [];
        private readonly List<double> _ranked = [];
        private readonly TokenHistogram _histogram = new();

        public void Add(double[] values, bool ranked)
        {
            if (values.Length == 0)
            {
                return;
            }

            Array.ForEach(values, _histogram.Add);
            _samples.Add((values.Sum(), values.Count(v => v > 0), values.Length));
            if (isVig && ranked)
            {
                _ranked.Add(values.Sum() / values.Length);
            }
        }

        public ScoreStatistics Finish(string condition) => new(
            condition, isVig ? ScoreNames.Vig(condition) : ScoreNames.Surprise, isVig,
            Estimate(condition + "/mean", s => s.Sum), Estimate(condition + "/above_zero", s => s.Above),
            _samples.Count, _histogram.Bins(), Threshold.Of(_ranked, Percent));

        private Estimate Estimate(string name, Func<(double Sum, int Above, int Count), double> of)
        {
            var blocks = _samples.Chunk(Math.Max(1, (_samples.Count + MaxUnits - 1) / MaxUnits)).ToArray();
            return Bootstrap.Of(new Metric(name, null, [.. blocks.Select(b => b.Sum(of))], [.. blocks.Select(b => (double)b.Sum(s => s.Count))]));
        }
    }
}
