using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Scores;
using Fovea.Scoring.Proxies;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

/// <summary>How samples and tokens are selected or weighted.</summary>
public enum SelectionMethod
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

    /// <summary>Tokens of the highest excess loss between two stores, in Rho-1's manner.</summary>
    ExcessLoss,
}

/// <summary>Scores to weights.</summary>
public sealed record SelectStage : IStage
{
    /// <summary>File name of the weights in the stage's folder.</summary>
    public const string FileName = "weights.parquet";

    /// <summary>The weights file that a path means: itself, or the one in a folder that <c>fovea select</c> wrote.</summary>
    /// <exception cref="InvalidInputException">It is a score store.</exception>
    public static string WeightsOf(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        return file == path || File.Exists(file) || !File.Exists(Path.Combine(path, ScoreStoreReader.ManifestFile))
            ? file
            : throw new InvalidInputException(path, null, "a score store; derive weights from it with 'fovea select' and give the folder of those");
    }

    /// <summary>Score stores of one corpus; the conditions of all are joined.</summary>
    [InputPath]
    public required IReadOnlyList<string> Scores { get; init; }

    /// <summary>The reference model's store, for excess loss; its conditions are joined as <c>reference:NAME</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [InputPath]
    public string? ReferenceScores { get; init; }

    /// <summary>The method.</summary>
    public required SelectionMethod Method { get; init; }

    /// <summary>Further methods, whose weights multiply the first one's.</summary>
    public IReadOnlyList<SelectionMethod> Times { get; init; } = [];

    /// <summary>VIG's p, in per cent; of excess loss, of the tokens.</summary>
    public decimal P { get; init; } = VigOptions.PaperPercent;

    /// <summary>VIG: per cent of the tokens that pass a threshold of their own; null: tokens share the samples' tau.</summary>
    public decimal? TokenP { get; init; }

    /// <summary>VIG: the threshold on tokens in nats; null: by <see cref="TokenP"/>, or shared.</summary>
    public double? TokenTau { get; init; }

    /// <summary>PRIOR's exponent.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>VIG's visionless condition or proxy; null: the only one there is.</summary>
    public string? Against { get; init; }

    /// <summary>Whether end tokens may lose their loss.</summary>
    public bool StrictPaper { get; init; }

    /// <summary>Corpus files that were renamed since they were scored, old name to new: the weights know them by the new one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Renames { get; init; }

    /// <summary>Seed of the random methods.</summary>
    public long Seed { get; init; } = 1;

    /// <inheritdoc/>
    public string Kind => "select";

    /// <inheritdoc/>
    IReadOnlyCollection<string>? IStage.Outputs => [FileName];

    /// <inheritdoc/>
    public void Check()
    {
        _ = new PriorSelector(Alpha);
        _ = new VigSelector(new VigOptions { Percent = P, TokenPercent = TokenP, TokenTau = TokenTau, Without = "" });
        _ = Against is null || Against == Conditions.TextOnlyReference || Against.StartsWith(Conditions.Visionless(""), StringComparison.Ordinal) ? null : VisionlessProxy.Parse(Against);
    }

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => InputHashes.Of(
        Scores.Select((s, i) => ($"scores[{i}]", ManifestOf(s)))
            .Concat(ReferenceScores is { } r ? [("reference_scores", ManifestOf(r))] : []), hasher);

    private static string ManifestOf(string store) => Path.Combine(store, ScoreStoreReader.ManifestFile) is var manifest && (File.Exists(manifest) || !File.Exists(Path.Combine(store, FileName)))
        ? manifest
        : throw new InvalidInputException(store, null, "weights that 'fovea select' made; give the score store that they were made from");

    /// <inheritdoc/>
    public bool IsIntact(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        var stores = new JoinedStores(Scores, ReferenceScores, Renames, context.Stop);
        var factors = Times.Prepend(Method).Select(m => Selector(m, stores)).ToList();
        var selector = factors.Count == 1 ? factors[0] : new ProductSelector(factors);
        Require(stores, selector.Conditions);
        var report = selector.WriteWeights(stores.Read(selector.Conditions), Path.Combine(context.Out, FileName), stores.Provenance);
        return StageRunner.ToJson(report);
    }

    private static void Require(JoinedStores stores, IReadOnlyCollection<string> conditions)
    {
        if (conditions.Except(stores.Conditions).FirstOrDefault() is { } missing)
        {
            var command = missing == Conditions.TextOnlyReference ? "fovea score prior" : "fovea score vig";
            throw new UsageException($"--scores: no store holds the condition {missing}, which the method needs; they hold {(stores.Conditions.Count == 0 ? "no scores" : string.Join(", ", stores.Conditions))}. Score it with '{command}' and give that store too");
        }
    }

    private ISelector Selector(SelectionMethod method, JoinedStores stores) => method switch
    {
        SelectionMethod.Uniform => new UniformSelector(),
        SelectionMethod.Prior => new PriorSelector(Alpha),
        SelectionMethod.Vig => Vig(VigScope.SampleAndToken, stores),
        SelectionMethod.VigSamples => Vig(VigScope.SampleOnly, stores),
        SelectionMethod.VigTokens => Vig(VigScope.TokenOnly, stores),
        SelectionMethod.RandomTokens => new RandomTokenSelector(Seed, VigCounts(stores).SupervisedTokens),
        SelectionMethod.RandomSamples => new RandomSampleSelector(Seed, VigCounts(stores).Kept),
        SelectionMethod.ExcessLoss => ExcessLoss(stores),
        _ => throw new UsageException($"--method {method}: not a selection method"),
    };

    private SelectionReport VigCounts(JoinedStores stores)
    {
        var vig = Vig(VigScope.SampleAndToken, stores);
        return vig.Count(stores.Read(vig.Conditions));
    }

    private VigSelector Vig(VigScope scope, JoinedStores stores) => new(new VigOptions
    {
        Percent = P,
        TokenPercent = TokenP,
        TokenTau = TokenTau,
        Without = Visionless(stores),
        Scope = scope,
        StrictPaper = StrictPaper,
    });

    private string Visionless(JoinedStores stores)
    {
        var found = stores.Conditions.Where(c => c != Conditions.Image && !c.StartsWith(JoinedStores.ReferencePrefix, StringComparison.Ordinal)).ToArray();
        if (Against is null)
        {
            var proxies = Array.FindAll(found, c => c.StartsWith(Conditions.Visionless(""), StringComparison.Ordinal)); // PRIOR's reference is not a proxy
            return proxies.Length == 1
                ? proxies[0]
                : throw new UsageException($"--against: the stores hold {(proxies.Length == 0 ? "no visionless condition" : string.Join(", ", proxies))}; {(proxies.Length == 0 ? "score with fovea score vig first" : "name one")}");
        }

        var prefix = Conditions.Visionless("");
        var name = found.Contains(Against) || Against.StartsWith(prefix, StringComparison.Ordinal) ? Against : VisionlessProxy.Parse(Against).Condition;
        return found.Contains(name) ? name
            : throw new UsageException($"--against {Against}: not in the stores, which hold {(found.Length == 0 ? "no scores of samples with an image" : string.Join(", ", found))}");
    }

    private ExcessLossSelector ExcessLoss(JoinedStores stores)
    {
        if (ReferenceScores is null)
        {
            throw new UsageException("--method excess-loss: give the reference model's store as --reference-scores");
        }

        var names = stores.Conditions.Where(c => stores.Conditions.Contains(JoinedStores.ReferencePrefix + c)).ToArray();
        var name = Against ?? (names.Contains(Conditions.Image) ? Conditions.Image : names.Length == 1 ? names[0] : null);
        return name is not null && names.Contains(name)
            ? new ExcessLossSelector(new ExcessLossOptions { Percent = P, Model = name, Reference = JoinedStores.ReferencePrefix + name, StrictPaper = StrictPaper })
            : throw new UsageException($"--method excess-loss: both stores must hold one condition; they share {(names.Length == 0 ? "none" : string.Join(", ", names))}; name it with --against");
    }
}
