using System.Globalization;

namespace Fovea.Selection;

/// <summary>What a selection kept.</summary>
public sealed record SelectionReport
{
    /// <summary>Samples of the corpus.</summary>
    public required int Samples { get; init; }

    /// <summary>Samples with an image that are trained on.</summary>
    public required int Kept { get; init; }

    /// <summary>Samples with an image that the method left out.</summary>
    public required int Dropped { get; init; }

    /// <summary>Samples without an image: unchanged.</summary>
    public required int TextOnly { get; init; }

    /// <summary>Samples that could not be scored.</summary>
    public required int Invalid { get; init; }

    /// <summary>Targets of all samples but the invalid ones.</summary>
    public required long Targets { get; init; }

    /// <summary>Targets that carry loss: those with a weight above 0, and all where the weights are one each.</summary>
    public required long SupervisedTokens { get; init; }

    /// <summary>The threshold in nats; null where the method has none, or there was nothing to rank.</summary>
    public double? Tau { get; init; }

    /// <summary>The threshold on tokens in nats; null where the method has none. VIG's is the samples' tau unless asked otherwise.</summary>
    public double? TokenTau { get; init; }

    /// <summary>Share of the targets that carry loss; NaN without targets.</summary>
    public double Share => (double)SupervisedTokens / Targets;

    /// <summary><see cref="Share"/> in per cent.</summary>
    public double SupervisedPercent => 100 * Share;

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
        if (Tau is { } tau)
        {
            fields["tau_nats"] = tau.ToString("R", CultureInfo.InvariantCulture);
        }

        if (TokenTau is { } tokenTau)
        {
            fields["token_tau_nats"] = tokenTau.ToString("R", CultureInfo.InvariantCulture);
        }

        return fields;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
