namespace Fovea.Selection.Groups;

/// <summary>Options of <see cref="RankedSamples"/>.</summary>
/// <param name="Method">Its name in the weights file.</param>
/// <param name="Percent">Per cent of each group's ranked samples that are kept, in (0, 100].</param>
/// <param name="Number">The number that samples are ranked by, the highest first; NaN for a sample without one.</param>
public sealed record RankedSamplesOptions(string Method, decimal Percent, Func<TokenScores, double> Number)
{
    /// <summary>The groups within which samples are ranked; null: all are one group.</summary>
    public GroupAssignment? Groups { get; init; }

    /// <summary>The conditions that <see cref="Number"/> reads.</summary>
    public IReadOnlyCollection<string> Conditions { get; init; } = [];

    /// <summary>Further options, by field.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// Keeps the top p per cent of the samples with an image by one number, within each group: of a group of n ranked samples the <c>ceil(p n / 100)</c>
/// highest and those equal to the last of them, with all their targets. A sample without a number is dropped and counts in no group; a group in which
/// none is ranked keeps none.
/// </summary>
public sealed class RankedSamples : ISelector
{
    private readonly RankedSamplesOptions _options;

    /// <summary>Checks the options.</summary>
    /// <exception cref="UsageException">The percentage is out of range.</exception>
    public RankedSamples(RankedSamplesOptions options)
    {
        _ = Threshold.TopCount(options.Percent, 0);
        _options = options;
    }

    /// <summary>
    /// VisNec (arXiv 2603.01195): a sample's mean loss without the image less its mean loss with it, which is its VIG, and the top 15 % within each of 20
    /// clusters of the first human turn.
    /// </summary>
    public static SelectorDefinition VisNec { get; } = new(
        "visnec", "VisNec (arXiv 2603.01195): samples of the highest loss without the image less that with it, the top 15 % of each group",
        [nameof(SelectorRequest.Percent), nameof(SelectorRequest.Against), nameof(SelectorRequest.Groups)], r =>
        {
            var none = WithoutImage(r);
            var groups = r.Groups ?? throw new UsageException(
                "--method visnec: ranks samples within groups; give --embeddings FILE.npy of the first human turns, or --groups FILE");
            return new RankedSamples(new RankedSamplesOptions("visnec", r.Percent ?? 15, s => VisualInformationGain.OfSample(s, WithImage, none, out _))
            {
                Groups = groups,
                Conditions = [WithImage, none],
                Fields = new Dictionary<string, string> { ["without"] = none },
            });
        });

    /// <summary>Samples by a number of others: what ICONS, TIVE, COINCIDE, PRISM and their like compute.</summary>
    public static SelectorDefinition External { get; } = new(
        "sample-scores", "samples of the highest number in --sample-scores, the top --p % of all or of each group",
        [nameof(SelectorRequest.Percent), nameof(SelectorRequest.SampleScores), nameof(SelectorRequest.Groups)], r =>
        {
            var numbers = r.SampleScores ?? throw new UsageException("--method sample-scores: give the file of samples and numbers as --sample-scores");
            var percent = r.Percent ?? throw new UsageException("--method sample-scores: give the per cent of samples to keep as --p");
            return new RankedSamples(new RankedSamplesOptions("sample_scores", percent, s => numbers.Of(s.Key))
            {
                Groups = r.Groups,
                Fields = new Dictionary<string, string> { ["sample_scores"] = numbers.Origin },
            });
        });

    public WeightNormalization Normalization => WeightNormalization.None;

    public bool WeighsTokens => false;

    public IReadOnlyCollection<string> Conditions => _options.Conditions;

    public ScoreFacts Facts => ScoreFacts.None;

    public IReadOnlyDictionary<string, string> Describe()
    {
        var fields = new Dictionary<string, string>(_options.Fields)
        {
            ["method"] = _options.Method,
            ["percent"] = _options.Percent.ToString(CultureInfo.InvariantCulture),
        };
        if (_options.Groups is { } groups)
        {
            (fields["groups"], fields["num_groups"]) = (groups.Origin, groups.Count.ToString(CultureInfo.InvariantCulture));
        }

        return fields;
    }

    public ISelection Fit(IEnumerable<TokenScores> scores)
    {
        List<double>[] numbers = [.. Enumerable.Range(0, _options.Groups?.Count ?? 1).Select(_ => new List<double>())];
        foreach (var sample in scores.Where(PerSampleSelection.IsRanked))
        {
            numbers[GroupOf(sample)].Add(_options.Number(sample));
        }

        var thresholds = Array.ConvertAll(numbers, n => Threshold.Of(n, _options.Percent));
        return new PerSampleSelection(s => Decide(s, thresholds), _options.Groups is null ? thresholds[0] : null);
    }

    private int GroupOf(TokenScores sample) => _options.Groups?.Of(sample.Key) ?? 0;

    private Decision Decide(TokenScores sample, double?[] thresholds)
    {
        var (number, group) = (_options.Number(sample), GroupOf(sample));
        if (double.IsNaN(number))
        {
            return Decision.Drop("no_score: it has no number to be ranked by");
        }

        return number >= thresholds[group]
            ? Decision.Keep(null)
            : Decision.Drop(string.Create(CultureInfo.InvariantCulture,
                $"{_options.Method} {number:R} below {thresholds[group]:R}{(_options.Groups is { } g ? $" of group {g.NameOf(group)}" : "")}"));
    }

    private const string WithImage = Core.Scores.Conditions.Image;

    // The paper masks the image's places; without image tokens comes nearest.
    private static string WithoutImage(SelectorRequest request) =>
        request.Against is null && request.Scores.Conditions.Contains(Core.Scores.Conditions.Visionless("none"))
            ? Core.Scores.Conditions.Visionless("none")
            : VigMethods.Visionless(request);
}
