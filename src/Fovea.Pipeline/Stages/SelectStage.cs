using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Samples;
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

    /// <summary>What is kept, in per cent: VIG's p, of the samples (70); of excess loss, of the tokens (70). Null: the method's own default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? P { get; init; }

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

    /// <summary>A file of samples and their groups, for methods that rank within groups.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [InputPath]
    public string? Groups { get; init; }

    /// <summary>The column of <see cref="Groups"/> that names them.</summary>
    public string GroupColumn { get; init; } = "group";

    /// <summary>Embeddings in NumPy's form, a row for each sample of the stores in their order: groups are their clusters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [InputPath]
    public string? Embeddings { get; init; }

    /// <summary>Number of clusters of <see cref="Embeddings"/>.</summary>
    public int Clusters { get; init; } = 20;

    /// <summary>A file of samples and numbers that others made of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [InputPath]
    public string? SampleScores { get; init; }

    /// <summary>The column of <see cref="SampleScores"/> that holds them.</summary>
    public string ScoreColumn { get; init; } = "score";

    /// <summary>The method whose choice a random control matches, or a product of them; null: VIG.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Like { get; init; }

    /// <summary>Corpus files that were renamed since they were scored, old name to new: the weights know them by the new one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Renames { get; init; }

    /// <summary>Seed of the random methods and of the clusters.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Options of single methods, by their keys.</summary>
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

        SelectorDefinition[] methods = [.. Methods(catalogues), .. Like is null ? [] : catalogues.Selectors.Parse(Like)];
        if (Methods(catalogues).GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { Key: var twice })
        {
            throw new UsageException($"method: expected different methods in a product, got {twice} twice; a mask times itself is the mask, and PRIOR's "
                + $"square is --alpha 2");
        }

        var known = methods.SelectMany(m => m.Reads).ToArray();
        if (Settings?.Keys.FirstOrDefault(k => !known.Contains(k)) is { } stray)
        {
            throw new UsageException($"settings: no method reads '{stray}'{NearestName.Hint(stray, known)}");
        }

        _ = new PriorSelector(Alpha);
        _ = new VigSelector(new VigOptions { Percent = P ?? VigOptions.PaperPercent, TokenPercent = TokenP, TokenTau = TokenTau, Without = "" });

        OptionCheck.Range(Clusters, "clusters", 1, int.MaxValue);
        if (Groups is not null && Embeddings is not null)
        {
            throw new UsageException("--groups, --embeddings: expected one of them, got both");
        }

        // With a reference model's store it may be any condition that both hold.
        _ = Against is null || known.Contains(nameof(SelectorRequest.HasReference)) ? null : catalogues.Proxies.ConditionOf(Against);
    }

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => Scores.Index()
        .Aggregate(new InputHashes(hasher), (all, s) => all.File($"scores[{s.Index}]", ManifestOf(s.Item)))
        .File("reference_scores", ReferenceScores is { } r ? ManifestOf(r) : null)
        .File("groups", Groups).File("embeddings", Embeddings).File("sample_scores", SampleScores).ByRole;

    private static string ManifestOf(string store) => Path.Combine(store, ScoreStoreReader.ManifestFile) is var manifest
        && (File.Exists(manifest) || !File.Exists(Path.Combine(store, FileName)))
        ? manifest
        : throw new InvalidInputException(store, null, "weights that 'fovea select' made; give the score store that they were made from");

    public bool IsIntact(string folder) => File.Exists(Path.Combine(folder, FileName));

    public JsonObject Run(StageContext context)
    {
        var stores = new JoinedStores(Scores, ReferenceScores, Renames, context.Stop);
        var selector = Selector(Methods(context.Catalogues), Request(stores, context));
        Require(stores, selector.Conditions);
        var report = selector.WriteWeights(stores.Read(selector.Conditions, selector.Facts), Path.Combine(context.Out, FileName), stores.Provenance);
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

    private static ISelector Selector(IEnumerable<SelectorDefinition> methods, SelectorRequest request)
    {
        var factors = methods.Select(m => m.Create(request)).ToList();
        return factors.Count == 1 ? factors[0] : new ProductSelector(factors);
    }

    private SelectorRequest Request(JoinedStores stores, StageContext context) => new(stores)
    {
        Percent = P,
        TokenPercent = TokenP,
        TokenTau = TokenTau,
        Alpha = Alpha,
        Against = Against,
        StrictPaper = StrictPaper,
        HasReference = ReferenceScores is not null,
        Seed = Seed,
        Groups = Groups is { } file ? SampleGrouping.OfFile(file, GroupColumn, stores, context.Stop)
            : Embeddings is { } embeddings ? SampleGrouping.OfEmbeddings(embeddings, Clusters, Seed, stores, context.Stop)
            : null,
        SampleScores = SampleScores is { } scores ? SampleGrouping.Numbers(scores, ScoreColumn, stores, context.Stop) : null,
        Like = Like is { } like ? r => Selector(context.Catalogues.Selectors.Parse(like), r) : null,
        ConditionOf = context.Catalogues.Proxies.ConditionOf,
        Settings = Settings ?? new Dictionary<string, string>(),
    };
}
