namespace Fovea.Pipeline.Studies;

/// <summary>
/// What a study asks of its plan's stages, set down before they run: a plan's <c>study</c>. Every comparison is tested by seed, and
/// Holm's adjustment runs over all of them.
/// </summary>
public sealed record StudyQuestions
{
    /// <summary>What is compared, by name.</summary>
    public required IReadOnlyDictionary<string, StudyArm> Arms { get; init; }

    /// <summary>What is measured of each arm, by name.</summary>
    public required IReadOnlyDictionary<string, StudyMeasure> Measures { get; init; }

    /// <summary>What is tested.</summary>
    public required IReadOnlyList<StudyClaim> Claims { get; init; }

    /// <summary>The comparisons of all claims, each of one arm and measure.</summary>
    public IEnumerable<(StudyClaim Claim, string Arm, string Measure)> Comparisons() =>
        from claim in Claims from measure in claim.Measures from arm in claim.Arms select (claim, arm, measure);

    /// <summary>The values of an arm's measure, measured or derived: <c>[seeds]</c>; null where a seed has no data.</summary>
    /// <exception cref="FoveaException">They were not measured.</exception>
    public double?[] Read(StudyValues values, string arm, string measure) =>
        Measures[measure].Derived is { } derived ? derived.Of(this, values, arm) : values.Of(arm, measure);

    /// <summary>Checks that claims name arms and measures that there are.</summary>
    /// <exception cref="FoveaException">One does not; the message names it.</exception>
    public StudyQuestions Validated()
    {
        foreach (var (name, measure) in Measures)
        {
            if (measure.Derived is null ? measure.Stage is null || measure.Metric is null : measure.Stage is not null || measure.Metric is not null)
            {
                throw new FoveaException($"study.measures.{name}: give 'stage' and 'metric', or 'derived' alone");
            }

            measure.Derived?.Validate(name, this);
        }

        foreach (var claim in Claims)
        {
            foreach (var arm in claim.Against is null ? claim.Arms : claim.Arms.Append(claim.Against))
            {
                _ = Known("arm", arm, Arms);
                if (claim.Measures.FirstOrDefault(m => !Known("measure", m, Measures).IsOf(arm)) is { } stray)
                {
                    throw new FoveaException($"study.claims: '{stray}' is not measured of '{arm}'");
                }
            }

            _ = claim.Against is null != claim.Than is null ? true
                : throw new FoveaException("study.claims: give either 'against', an arm, or 'than', a number");
        }

        return this;
    }

    internal static T Known<T>(string what, string name, IReadOnlyDictionary<string, T> known, string place = "study.claims") =>
        known.TryGetValue(name, out var value) ? value
        : throw new FoveaException($"{place}: no {what} '{name}'{NearestName.Hint(name, known.Keys)}; there are {string.Join(", ", known.Keys)}");
}

/// <summary>One arm.</summary>
public sealed record StudyArm
{
    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    /// <summary>What <c>{NAME}</c> in a measure's stage and metric stands for; <c>{arm}</c> is the arm's own name where none is given.</summary>
    public IReadOnlyDictionary<string, string> Names { get; init; } = new Dictionary<string, string>();

    /// <summary>A measure's text with the names filled in.</summary>
    internal string Fill(string arm, string text) => Names
        .Aggregate(text, (t, n) => t.Replace($"{{{n.Key}}}", n.Value, StringComparison.Ordinal))
        .Replace("{arm}", arm, StringComparison.Ordinal);
}

/// <summary>One measured number of an arm and a seed.</summary>
public sealed record StudyMeasure
{
    /// <summary>The metric that is a stage's processor time, and no part of its result.</summary>
    public const string Seconds = "seconds";

    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    /// <summary>The stage that measures it, without its seed; null for a derived measure.</summary>
    public string? Stage { get; init; }

    /// <summary>Its name in that stage's result; <c>seconds</c>: the processor time that the stage took. Null for a derived measure.</summary>
    public string? Metric { get; init; }

    /// <summary>How it follows from other measures of the same arm and seed; null where a stage measures it.</summary>
    public DerivedMeasure? Derived { get; init; }

    /// <summary>The arms that have it; null: all.</summary>
    public IReadOnlyList<string>? Arms { get; init; }

    /// <summary>Whether it is a share, written in per cent.</summary>
    public bool Percent { get; init; }

    /// <summary>Whether more is better; null: neither.</summary>
    public bool? HigherIsBetter { get; init; }

    /// <summary>Whether the figure shows it.</summary>
    public bool InFigure { get; init; }

    internal bool IsOf(string arm) => Arms?.Contains(arm) != false;
}

/// <summary>One claim, or several of one kind: each arm in each measure against one arm, or a number.</summary>
public sealed record StudyClaim
{
    /// <summary>The arms.</summary>
    public required IReadOnlyList<string> Arms { get; init; }

    /// <summary>The arm that they are compared with, seed by seed.</summary>
    public string? Against { get; init; }

    /// <summary>The number that they are compared with.</summary>
    public double? Than { get; init; }

    /// <summary>The measures.</summary>
    public required IReadOnlyList<string> Measures { get; init; }

    /// <summary>What is claimed.</summary>
    public ExpectedDifference Expect { get; init; }
}

/// <summary>What a claim says of a difference. The test is two-sided all the same.</summary>
public enum ExpectedDifference
{
    /// <summary>There is one.</summary>
    Different,

    /// <summary>The arm has more.</summary>
    Higher,

    /// <summary>The arm has less.</summary>
    Lower,
}
