namespace Fovea.Pipeline.Findings;

/// <summary>What the built-in studies compared, as their stages say it: the plans <c>demo</c>, <c>scenes-auc</c> and <c>coco</c>.</summary>
/// <param name="Name">Title of the run.</param>
/// <param name="Seeds">Its seeds.</param>
/// <param name="Families">Which models: <c>h</c> (with a visual encoder), <c>u</c> (without).</param>
public sealed record StudyDesign(string Name, IReadOnlyList<long> Seeds, IReadOnlyList<string> Families)
{
    private const string FamilyAxis = "family";

    /// <summary>The family with a visual encoder.</summary>
    public const string H = "h";

    /// <summary>The arm of plain next-token prediction.</summary>
    public const string Ntp = "ntp";

    /// <summary>The arm that PRIOR weighs.</summary>
    public const string Prior = "prior";

    /// <summary>Whether PRIOR's arms were trained.</summary>
    public bool ComparePrior { get; init; } = true;

    /// <summary>Whether tuning arms were trained.</summary>
    public bool Tunes { get; init; }

    /// <summary>Which proxy, or condition, VIG compares the image with where it selects or is shown.</summary>
    public string SelectBy { get; init; } = "blur@7.5";

    /// <summary>Visionless proxies that were scored on held-out captions.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>References of cross-fitting; 0 with one for all.</summary>
    public int Folds { get; init; }

    /// <summary>The built-in world's bias.</summary>
    public double Bias { get; init; }

    /// <summary>Scenes or photographs to train on.</summary>
    public int NumTrain { get; init; }

    /// <summary>Scenes or photographs held out.</summary>
    public int NumHeldOut { get; init; }

    /// <summary>A word had to occur this often to be listed.</summary>
    public int MinWordCount { get; init; }

    /// <summary>The arms of pre-training, with their titles.</summary>
    public IReadOnlyList<(string Arm, string Title)> Arms => ComparePrior ? [(Ntp, "NTP"), (Prior, "PRIOR")] : [(Ntp, "NTP")];

    /// <summary>What a plan is repeated over whose findings are read by this.</summary>
    public static IReadOnlyList<string> Axes { get; } = [FinishedPlan.SeedAxis, FamilyAxis];

    /// <summary>Reads it from a run's stages, which have its <see cref="Axes"/>.</summary>
    public static StudyDesign Of(FinishedPlan run)
    {
        var seed = run.Seeds[0];
        JsonNode? At(string stage, params object[] path) =>
            path.Aggregate((JsonNode?)run.Config(seed, stage), (node, key) => key is int i ? node?[i] : node?[(string)key]);
        return new StudyDesign(run.Title, run.Seeds, [.. run.Stages.Select(s => s.Axes.GetValueOrDefault(FamilyAxis)).OfType<string>().Distinct()])
        {
            ComparePrior = run.Stages.Any(s => s.Axes.GetValueOrDefault("arm") == Prior),
            Tunes = run.Stages.Any(s => s.Name.StartsWith(FinishedPlan.NameOf(seed, "tune/"), StringComparison.Ordinal)),
            SelectBy = (string?)run.Parameter("select_by") ?? "blur@7.5",
            Proxies = At("scores/vig-held-out", "proxies") is JsonArray proxies ? [.. proxies.Select(p => (string)p!)] : [],
            Folds = (int?)At("folds", "count") ?? 0,
            Bias = (double?)At("data/train", "spec", "bias") ?? 0,
            NumTrain = (int?)At("data/train", "spec", "num_scenes") ?? (int?)At("lm/reference", "data", 0, "take_images") ?? 0,
            NumHeldOut = (int?)At("data/held-out", "spec", "num_scenes") ?? (int?)At("lm/reference", "held_out", 0, "take_images") ?? 0,
            MinWordCount = run.Stages.Where(s => s.Kind == "word_scores").Select(s => (int?)s.Manifest.Config["min_word_count"]).FirstOrDefault() ?? 0,
        };
    }

    /// <summary>A model folder inside a training run's folder.</summary>
    public static string ModelOf(string run) => Path.Combine(run, "model");
}
