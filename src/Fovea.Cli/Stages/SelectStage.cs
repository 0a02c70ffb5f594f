using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Scoring.Proxies;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Cli.Stages;

/// <summary>How samples and tokens are selected or weighted.</summary>
internal enum SelectionMethod
{
    /// <summary>Everything, one each.</summary>
    Uniform,

    /// <summary>PRIOR: (1 - p_ref)^alpha.</summary>
    Prior,

    /// <summary>VIG: samples and tokens above one threshold.</summary>
    Vig,

    /// <summary>VIG's samples, all their tokens.</summary>
    VigSamples,

    /// <summary>All samples, VIG's tokens.</summary>
    VigTokens,

    /// <summary>Random tokens, as many as VIG keeps.</summary>
    RandomTokens,

    /// <summary>Random samples, as many as VIG keeps.</summary>
    RandomSamples,
}

/// <summary>Scores to weights.</summary>
internal sealed record SelectStage : IStage
{
    /// <summary>File name of the weights in the stage's folder.</summary>
    public const string FileName = "weights.parquet";

    /// <summary>Score stores of one corpus; the conditions of all are joined.</summary>
    public required IReadOnlyList<string> Scores { get; init; }

    /// <summary>The method.</summary>
    public required SelectionMethod Method { get; init; }

    /// <summary>VIG's p, in per cent.</summary>
    public decimal P { get; init; } = 70;

    /// <summary>PRIOR's exponent.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>VIG's visionless condition or proxy; null: the only one there is.</summary>
    public string? Against { get; init; }

    /// <summary>Whether end tokens may lose their loss.</summary>
    public bool StrictPaper { get; init; }

    /// <summary>Seed of the random methods.</summary>
    public long Seed { get; init; } = 1;

    /// <inheritdoc/>
    public string Kind => "select";

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs() => InputHashes.Of(Scores.Select((s, i) => ($"scores[{i}]", Path.Combine(s, ScoreStoreReader.ManifestFile))));

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        var stores = Scores.Select(s => ScoreStoreReader.Open(s)).ToList();
        IEnumerable<TokenScores> Read() => stores.Skip(1).Aggregate(stores[0].Read(), (rows, other) => ScoreJoin.Join(rows, other.Read()));
        var selected = Selector(Read).Apply(Read());
        WeightsFile.Write(Path.Combine(context.Out, FileName), selected.Weights, selected.Normalization, selected.Metadata);
        return StageRunner.ToJson(selected.Report);
    }

    private ISelector Selector(Func<IEnumerable<TokenScores>> read) => Method switch
    {
        SelectionMethod.Uniform => new UniformSelector(),
        SelectionMethod.Prior => new PriorSelector(Alpha),
        SelectionMethod.Vig => Vig(VigScope.SampleAndToken, read),
        SelectionMethod.VigSamples => Vig(VigScope.SampleOnly, read),
        SelectionMethod.VigTokens => Vig(VigScope.TokenOnly, read),
        SelectionMethod.RandomTokens => new RandomTokenSelector(Seed, Vig(VigScope.SampleAndToken, read).Apply(read()).Report.SupervisedTokens),
        SelectionMethod.RandomSamples => new RandomSampleSelector(Seed, Vig(VigScope.SampleAndToken, read).Apply(read()).Report.Kept),
        _ => throw new UsageException($"--method {Method}: not a selection method"),
    };

    private VigSelector Vig(VigScope scope, Func<IEnumerable<TokenScores>> read) => new(new VigOptions
    {
        Percent = P,
        Without = Visionless(read),
        Scope = scope,
        StrictPaper = StrictPaper,
    });

    private string Visionless(Func<IEnumerable<TokenScores>> read)
    {
        var found = read().FirstOrDefault(s => s.LogProbs.Count > 0)?.LogProbs.Keys.Where(c => c != Conditions.Image).ToArray() ?? [];
        if (Against is null)
        {
            return found.Length == 1
                ? found[0]
                : throw new UsageException($"--against: the stores hold {(found.Length == 0 ? "no visionless condition" : string.Join(", ", found))}; name one");
        }

        var name = found.Contains(Against) ? Against : VisionlessProxy.Parse(Against).Condition;
        return found.Contains(name) ? name : throw new UsageException($"--against {Against}: not in the stores, which hold {string.Join(", ", found)}");
    }
}
