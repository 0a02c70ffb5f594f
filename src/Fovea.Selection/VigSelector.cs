namespace Fovea.Selection;

/// <summary>Where the threshold acts.</summary>
public enum VigScope
{
    /// <summary>On samples, and on the tokens of kept samples: the paper's method.</summary>
    SampleAndToken,

    /// <summary>On samples; kept ones keep all tokens.</summary>
    SampleOnly,

    /// <summary>On tokens; every sample is kept.</summary>
    TokenOnly,
}

/// <summary>Options of <see cref="VigSelector"/>.</summary>
public sealed record VigOptions
{
    /// <summary>p of the paper.</summary>
    public const int PaperPercent = 70;

    /// <summary>p: per cent of the scored samples with an image that are kept, in (0, 100].</summary>
    public decimal Percent { get; init; } = PaperPercent;

    /// <summary>
    /// Per cent of the ranked samples' targets that pass the threshold on tokens, in (0, 100]; null: tokens share the samples' tau, as in the paper.
    /// </summary>
    public decimal? TokenPercent { get; init; }

    /// <summary>The threshold on tokens itself, in nats; null: by <see cref="TokenPercent"/>, or shared.</summary>
    public double? TokenTau { get; init; }

    /// <summary>The condition that sees the image.</summary>
    public string With { get; init; } = Core.Scores.Conditions.Image;

    /// <summary>The condition that does not: a visionless proxy, or <see cref="Core.Scores.Conditions.TextOnlyReference"/> joined from a PRIOR store.</summary>
    public string Without { get; init; } = Core.Scores.Conditions.Visionless("blur");

    /// <summary>Where the threshold acts.</summary>
    public VigScope Scope { get; init; } = VigScope.SampleAndToken;

    /// <summary>As the paper states it: an answer's end token is masked like any other. Otherwise it always keeps its loss in a kept sample.</summary>
    public bool StrictPaper { get; init; }
}

/// <summary>
/// VIG's selective training (arXiv 2602.17186, selective training): samples with an image whose VIG is at least tau_p are kept, and in them the targets
/// whose own VIG is at least the threshold on tokens, by default the same. Ties are kept. Text-only samples keep all targets. Targets that were not scored
/// carry no loss, except end tokens.
/// </summary>
public sealed class VigSelector : ISelector
{
    private readonly VigOptions _options;

    /// <summary>Checks the options.</summary>
    /// <exception cref="UsageException">A percentage is out of range, or there are two thresholds on tokens.</exception>
    public VigSelector(VigOptions options)
    {
        _ = Threshold.TopCount(options.Percent, 0);
        _ = Threshold.TopCount(options.TokenPercent ?? 100, 0);
        if (options is { TokenPercent: not null, TokenTau: not null })
        {
            throw new UsageException(FormattableString.Invariant(
                $"--token-tau, --token-p: expected one threshold on tokens, got two: {options.TokenTau} nats and {options.TokenPercent} per cent"));
        }

        if (options.TokenTau is { } tau && !double.IsFinite(tau))
        {
            throw new UsageException(FormattableString.Invariant($"--token-tau: expected a finite number of nats, got {tau}"));
        }

        _options = options;
    }

    public WeightNormalization Normalization => WeightNormalization.None;

    public bool WeighsTokens => _options.Scope != VigScope.SampleOnly;

    public IReadOnlyCollection<string> Conditions => [_options.With, _options.Without];

    public ScoreFacts Facts => ScoreFacts.None;

    public IReadOnlyDictionary<string, string> Describe()
    {
        var fields = new Dictionary<string, string>
        {
            ["method"] = "vig",
            ["percent"] = _options.Percent.ToString(CultureInfo.InvariantCulture),
            ["with"] = _options.With,
            ["without"] = _options.Without,
            ["scope"] = _options.Scope switch
            {
                VigScope.SampleOnly => "sample",
                VigScope.TokenOnly => "token",
                _ => "sample_and_token",
            },
            ["strict_paper"] = _options.StrictPaper ? "true" : "false",
        };
        if (_options.TokenPercent is { } percent)
        {
            fields["token_percent"] = percent.ToString(CultureInfo.InvariantCulture);
        }

        return fields;
    }

    public ISelection Fit(IEnumerable<TokenScores> scores)
    {
        var gains = new List<double>();
        long targets = 0;
        foreach (var sample in scores.Where(PerSampleSelection.IsRanked))
        {
            gains.Add(VisualInformationGain.OfSample(sample, _options.With, _options.Without, out var scored));
            targets += scored;
        }

        var tau = Threshold.Of(gains, _options.Percent);
        var tokenTau = TokenTau(scores, targets) ?? tau;
        return new PerSampleSelection(s => Decide(s, tau ?? double.NaN, tokenTau ?? double.NaN), tau, WeighsTokens ? tokenTau : null);
    }

    private double? TokenTau(IEnumerable<TokenScores> scores, long targets)
    {
        if (_options.TokenPercent is not { } percent || targets == 0 || !WeighsTokens)
        {
            return _options.TokenTau;
        }

        var gains = scores.Where(PerSampleSelection.IsRanked).SelectMany(TokenGains);
        return OrderStatistic.Largest(gains, targets, Threshold.TopCount(percent, targets));
    }

    private double[] TokenGains(TokenScores sample) => VisualInformationGain.OfTokens(sample, _options.With, _options.Without);

    private Decision Decide(TokenScores sample, double tau, double tokenTau)
    {
        var gain = VisualInformationGain.OfSample(sample, _options.With, _options.Without, out _);
        if (double.IsNaN(gain) && _options.Scope != VigScope.TokenOnly)
        {
            return Decision.Drop("no_scored_target: the model's length limit left none, so that it has no vig");
        }

        if (_options.Scope != VigScope.TokenOnly && !(gain >= tau))
        {
            return Decision.Drop(string.Create(CultureInfo.InvariantCulture, $"vig {gain:R} below tau {tau:R}"));
        }

        return Decision.Keep(WeighsTokens ? TokenMask.AtLeast(TokenGains(sample), tokenTau, sample, _options.StrictPaper) : null);
    }
}
