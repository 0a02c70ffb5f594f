using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Scoring.Proxies;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

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

    /// <summary>The method's name: one that <c>fovea select --list</c> shows.</summary>
    public required string Method { get; init; }

    /// <summary>Names of further methods, whose weights multiply the first one's.</summary>
    public IReadOnlyList<string> Times { get; init; } = [];

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

    /// <summary>Options of methods that others added, by their keys.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Settings { get; init; }

    public string Kind => "select";

    IReadOnlyCollection<string>? IStage.Outputs => [FileName];

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        if (Scores.Count == 0)
        {
            throw new UsageException("--scores: expected at least one score store");
        }

        var methods = Methods(catalogues).ToArray();
        var known = methods.SelectMany(m => m.Reads).ToArray();
        if (Settings?.Keys.FirstOrDefault(k => !known.Contains(k)) is { } stray)
        {
            throw new UsageException($"settings: no method reads '{stray}'{NearestName.Hint(stray, known)}");
        }

        _ = new PriorSelector(Alpha);
        _ = new VigSelector(new VigOptions { Percent = P, TokenPercent = TokenP, TokenTau = TokenTau, Without = "" });

        // With a reference model's store it may be any condition that both hold.
        _ = Against is null || known.Contains(nameof(SelectorRequest.HasReference)) ? null : catalogues.Proxies.ConditionOf(Against);
    }

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => Scores.Index()
        .Aggregate(new InputHashes(hasher), (all, s) => all.File($"scores[{s.Index}]", ManifestOf(s.Item)))
        .File("reference_scores", ReferenceScores is { } r ? ManifestOf(r) : null).ByRole;

    private static string ManifestOf(string store) => Path.Combine(store, ScoreStoreReader.ManifestFile) is var manifest
        && (File.Exists(manifest) || !File.Exists(Path.Combine(store, FileName)))
        ? manifest
        : throw new InvalidInputException(store, null, "weights that 'fovea select' made; give the score store that they were made from");

    public bool IsIntact(string folder) => File.Exists(Path.Combine(folder, FileName));

    public JsonObject Run(StageContext context)
    {
        var stores = new JoinedStores(Scores, ReferenceScores, Renames, context.Stop);
        var request = Request(stores, context.Catalogues);
        var factors = Methods(context.Catalogues).Select(m => m.Create(request)).ToList();
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
            throw new UsageException($"--scores: no store holds the condition {missing}, which the method needs; they "
                + $"hold {(stores.Conditions.Count == 0 ? "no scores" : string.Join(", ", stores.Conditions))}. Score it with '{command}' and "
                + $"give that store too");
        }
    }

    private IEnumerable<SelectorDefinition> Methods(Catalogues catalogues) => Times.Prepend(Method).Select(m => catalogues.Selectors.Get(m));

    private SelectorRequest Request(JoinedStores stores, Catalogues catalogues) => new(stores)
    {
        Percent = P,
        TokenPercent = TokenP,
        TokenTau = TokenTau,
        Alpha = Alpha,
        Against = Against,
        StrictPaper = StrictPaper,
        HasReference = ReferenceScores is not null,
        Seed = Seed,
        ConditionOf = catalogues.Proxies.ConditionOf,
        Settings = Settings ?? new Dictionary<string, string>(),
    };
}
