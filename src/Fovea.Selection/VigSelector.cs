using System.Globalization;
using Fovea.Core.Scores;

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
    /// <summary>p: per cent of the scored samples with an image that are kept, in (0, 100]; 70 in the paper.</summary>
    public decimal Percent { get; init; } = 70;

    /// <summary>The condition that sees the image.</summary>
    public string With { get; init; } = Conditions.Image;

    /// <summary>The condition that does not: a visionless proxy, or <see cref="Conditions.TextOnlyReference"/> joined from a PRIOR store.</summary>
    public string Without { get; init; } = Conditions.Visionless("blur");

    /// <summary>Where the threshold acts.</summary>
    public VigScope Scope { get; init; } = VigScope.SampleAndToken;

    /// <summary>As the paper states it: an answer's end token is masked like any other. Otherwise it always keeps its loss in a kept sample.</summary>
    public bool StrictPaper { get; init; }
}

/// <summary>
/// VIG's selective training (arXiv 2602.17186, selective training): samples with an image whose VIG is at least tau_p are kept, and in them the targets
/// whose own VIG is. Ties are kept. Text-only samples keep all targets. Targets that were not scored carry no loss, except end tokens.
/// </summary>
public sealed class VigSelector(VigOptions options) : ISelector
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["method"] = "vig",
        ["percent"] = options.Percent.ToString(CultureInfo.InvariantCulture),
        ["with"] = options.With,
        ["without"] = options.Without,
        ["scope"] = options.Scope switch
        {
            VigScope.SampleOnly => "sample",
            VigScope.TokenOnly => "token",
            _ => "sample_and_token",
        },
        ["strict_paper"] = options.StrictPaper ? "true" : "false",
    };

    /// <inheritdoc/>
    public SelectionResult Apply(IEnumerable<TokenScores> scores)
    {
        _ = Threshold.TopCount(options.Percent, 0);
        var gains = new List<double>();
        foreach (var sample in scores.Where(IsRanked))
        {
            gains.Add(VisualInformationGain.OfSample(TokenGains(sample)));
        }

        var tau = Threshold.Of(gains, options.Percent);
        var builder = new SelectionBuilder(this, WeightNormalization.None);
        foreach (var sample in scores)
        {
            if (!builder.AddUnscored(sample))
            {
                Decide(builder, sample, tau ?? double.NaN);
            }
        }

        return builder.Build(tau);
    }

    private static bool IsRanked(TokenScores sample) => sample is { HasImage: true, InvalidReason: null };

    private double[] TokenGains(TokenScores sample) => VisualInformationGain.OfTokens(sample, options.With, options.Without);

    private void Decide(SelectionBuilder builder, TokenScores sample, double tau)
    {
        var gains = TokenGains(sample);
        var gain = VisualInformationGain.OfSample(gains);
        if (options.Scope != VigScope.TokenOnly && !(gain >= tau))
        {
            builder.Drop(sample, string.Create(CultureInfo.InvariantCulture, $"vig {gain:R} below tau {tau:R}"));
            return;
        }

        builder.Keep(sample, options.Scope == VigScope.SampleOnly ? null : Mask(sample, gains, tau));
    }

    private float[] Mask(TokenScores sample, double[] gains, double tau)
    {
        var mask = new float[sample.TargetIds.Length];
        for (var t = 0; t < gains.Length; t++)
        {
            mask[t] = gains[t] >= tau ? 1f : 0f;
        }

        if (!options.StrictPaper)
        {
            foreach (var end in sample.EndTargets)
            {
                mask[end] = 1f;
            }
        }

        return mask;
    }
}
