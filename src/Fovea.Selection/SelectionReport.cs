namespace Fovea.Selection;

/// <summary>What a selection kept. Samples are the kept, dropped, text-only and invalid ones together.</summary>
public sealed record SelectionReport
{
    // Fewer visual targets than this share carry loss: training sees next to nothing of the images.
    private const double LeastVisualShare = 0.001;

    /// <summary>Samples of the corpus.</summary>
    public required int Samples { get; init; }

    /// <summary>Samples with an image that are trained on.</summary>
    public required int Kept { get; init; }

    /// <summary>Samples with an image that the method left out.</summary>
    public required int Dropped { get; init; }

    /// <summary>Samples without an image that can be used: unchanged.</summary>
    public required int TextOnly { get; init; }

    /// <summary>Samples that could not be scored; nothing of them is counted elsewhere.</summary>
    public required int Invalid { get; init; }

    /// <summary>Targets of all samples but the invalid ones.</summary>
    public required long Targets { get; init; }

    /// <summary>Targets that carry loss: those with a weight above 0, and all where the weights are one each.</summary>
    public required long SupervisedTokens { get; init; }

    /// <summary>Targets of samples with an image.</summary>
    public required long VisualTargets { get; init; }

    /// <summary>Those of them that carry loss.</summary>
    public required long SupervisedVisualTokens { get; init; }

    /// <summary>The threshold in nats; null where the method has none, or there was nothing to rank.</summary>
    public double? Tau { get; init; }

    /// <summary>The threshold on tokens in nats; null where the method has none. VIG's is the samples' tau unless asked otherwise.</summary>
    public double? TokenTau { get; init; }

    /// <summary>Mean of the weights of kept samples before they are scaled, PRIOR's mean of (1 - p_ref)^alpha; null where all weights are 0 or 1.</summary>
    public double? MeanWeight { get; init; }

    /// <summary>Largest weight as training uses it, scaled within its sample (before truncation); null where all weights are 0 or 1.</summary>
    public double? LargestWeight { get; init; }

    /// <summary>
    /// Effective number of targets, <c>(sum w)^2 / sum w^2</c> of the weights as training uses them: what remains of
    /// <see cref="SupervisedTokens"/> once the weights' spread is counted; null where all weights are 0 or 1.
    /// </summary>
    public double? EffectiveTokens { get; init; }

    /// <summary>Share of the targets that carry loss; NaN without targets.</summary>
    public double Share => (double)SupervisedTokens / Targets;

    /// <summary>What should be known before training on these weights, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => [.. Findings()];

    /// <summary>Whether there are targets of samples with an image, and none of them carries loss: nothing could be learnt from an image.</summary>
    internal bool LearnsNothing => VisualTargets > 0 && SupervisedVisualTokens == 0;

    /// <summary>The report by field, numbers in round-trip form.</summary>
    public IReadOnlyDictionary<string, string> Fields()
    {
        var fields = new Dictionary<string, string>
        {
            ["samples"] = Text(Samples),
            ["samples_kept"] = Text(Kept),
            ["samples_dropped"] = Text(Dropped),
            ["samples_text_only"] = Text(TextOnly),
            ["samples_invalid"] = Text(Invalid),
            ["targets"] = Text(Targets),
            ["supervised_tokens"] = Text(SupervisedTokens),
            ["token_share"] = Text(Share),
        };
        foreach (var (name, value) in new[]
        {
            ("tau_nats", Tau), ("token_tau_nats", TokenTau), ("mean_weight", MeanWeight), ("largest_weight", LargestWeight),
                ("effective_tokens", EffectiveTokens),
        })
        {
            if (value is { } number)
            {
                fields[name] = number.ToString("R", CultureInfo.InvariantCulture);
            }
        }

        return fields;
    }

    private IEnumerable<string> Findings()
    {
        if (Tau <= 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"tau is {Tau:G3} nats, not above zero: samples are kept whose answers the image makes no likelier; lower --p, or score with a model that "
                    + $"uses its images");
        }

        if (TokenTau <= 0 && TokenTau != Tau)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"the threshold on tokens is {TokenTau:G3} nats, not above zero: tokens carry loss that the image makes no likelier");
        }

        if (SupervisedVisualTokens > 0 && SupervisedVisualTokens < LeastVisualShare * VisualTargets)
        {
            yield return $"only {SupervisedVisualTokens} of {VisualTargets} targets of samples with an image carry loss: training learns next to nothing from "
                + $"images; lower the threshold on tokens";
        }
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
