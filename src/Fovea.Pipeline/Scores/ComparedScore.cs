using Fovea.Evaluation.Statistics;

namespace Fovea.Pipeline.Scores;

/// <summary>A token at which two stores differ.</summary>
/// <param name="Key">Its sample.</param>
/// <param name="Target">Its ordinal among the sample's targets.</param>
/// <param name="TokenId">Its id.</param>
/// <param name="A">The first store's number.</param>
/// <param name="B">The second one's.</param>
public sealed record PartingToken(SampleKey Key, int Target, int TokenId, double A, double B);

/// <summary>One score in two stores, as sums over their tokens and samples; differences are B's number less A's, in nats.</summary>
/// <param name="name">Of a condition or of VIG against one.</param>
/// <param name="top">Tokens to keep, those that differ most.</param>
public sealed class ComparedScore(string name, int top)
{
    /// <summary>What a difference may be without being counted as beyond: this, and <see cref="Relative"/> of the first store's number.</summary>
    public const double Absolute = 1e-5;

    /// <summary>See <see cref="Absolute"/>.</summary>
    public const double Relative = 1e-6;

    private readonly PriorityQueue<PartingToken, double> _parting = new();
    private readonly List<double> _means = [], _otherMeans = [];
    private double _sum, _sumAbsolute, _rankSum;
    private int _ranked;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Tokens that both have a number of.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens that one of them cut off.</summary>
    public long ScoredInOne { get; private set; }

    /// <summary>Tokens whose numbers are not the same bits.</summary>
    public long Different { get; private set; }

    /// <summary>Tokens whose numbers differ by more than rounding: 1e-5 + 1e-6 |A|.</summary>
    public long Beyond { get; private set; }

    /// <summary>The largest difference of a token, without its sign.</summary>
    public double Largest { get; private set; }

    /// <summary>Mean difference of tokens, without its sign.</summary>
    public double MeanAbsolute => _sumAbsolute / Tokens;

    /// <summary>Mean difference of tokens.</summary>
    public double Mean => _sum / Tokens;

    /// <summary>Mean over samples of Spearman's rho of their tokens; NaN where no sample has three tokens of unlike numbers.</summary>
    public double TokenRank => _rankSum / _ranked;

    /// <summary>Samples.</summary>
    public int Samples => _means.Count;

    /// <summary>The largest difference of a sample's mean, without its sign.</summary>
    public double LargestSample { get; private set; }

    /// <summary>Spearman's rho of the samples' means.</summary>
    public double SampleRank => RankCorrelation.Spearman(_means, _otherMeans);

    /// <summary>The tokens that differ most, the first one most of all.</summary>
    public IReadOnlyList<PartingToken> Parting =>
        [.. _parting.UnorderedItems.OrderByDescending(p => p.Priority).ThenBy(p => p.Element.Key.Source, StringComparer.Ordinal)
            .ThenBy(p => p.Element.Key.Record).Select(p => p.Element)];

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">Whose.</param>
    /// <param name="a">The first store's numbers of its leading targets: <c>[scored]</c>.</param>
    /// <param name="b">The second one's.</param>
    public void Add(TokenScores sample, double[] a, double[] b)
    {
        var both = Math.Min(a.Length, b.Length);
        ScoredInOne += Math.Max(a.Length, b.Length) - both;
        if (both == 0)
        {
            return;
        }

        for (var t = 0; t < both; t++)
        {
            Add(sample, t, a[t], b[t]);
        }

        var (mean, otherMean) = (a.Take(both).Average(), b.Take(both).Average());
        _means.Add(mean);
        _otherMeans.Add(otherMean);
        LargestSample = Math.Max(LargestSample, Math.Abs(otherMean - mean));
        if (both > 2 && RankCorrelation.Spearman(a[..both], b[..both]) is var rho && !double.IsNaN(rho))
        {
            _rankSum += rho;
            _ranked++;
        }
    }

    /// <summary>All of it.</summary>
    public JsonObject ToJson() => new()
    {
        ["tokens"] = Tokens,
        ["scored_in_one"] = ScoredInOne,
        ["different"] = Different,
        ["beyond_tolerance"] = Beyond,
        ["largest"] = Number(Largest),
        ["mean_absolute"] = Number(MeanAbsolute),
        ["mean"] = Number(Mean),
        ["token_rank"] = Number(TokenRank),
        ["samples"] = Samples,
        ["largest_sample"] = Number(LargestSample),
        ["sample_rank"] = Number(SampleRank),
        ["parting"] = new JsonArray([.. Parting.Select(p => new JsonObject
        {
            ["source"] = p.Key.Source,
            ["record"] = p.Key.Record,
            ["target"] = p.Target,
            ["token_id"] = p.TokenId,
            ["a"] = p.A,
            ["b"] = p.B,
        })]),
    };

    private static JsonNode? Number(double value) => double.IsFinite(value) ? value : null;

    private void Add(TokenScores sample, int target, double a, double b)
    {
        Tokens++;
        var difference = b - a;
        var size = Math.Abs(difference);
        _sum += difference;
        _sumAbsolute += size;
        Largest = Math.Max(Largest, size);
        Beyond += size > Absolute + (Relative * Math.Abs(a)) ? 1 : 0;
        if (difference == 0)
        {
            return;
        }

        Different++;
        if (_parting.Count < top)
        {
            _parting.Enqueue(new PartingToken(sample.Key, target, sample.TargetIds[target], a, b), size);
        }
        else if (top > 0)
        {
            _parting.EnqueueDequeue(new PartingToken(sample.Key, target, sample.TargetIds[target], a, b), size);
        }
    }
}
