namespace Fovea.Models.Guidance;

/// <summary>
/// Visual attention redistribution (arXiv 2503.03321). Sinks are tokens with <c>max |x_d| / rms(x) &gt;= tau</c> over the sink dimensions d, x what enters the
/// layer. In heads that are image-centric for a query behind the image (at least <see cref="LeastOnImage"/> of its attention on image tokens, and of that at
/// least rho not on sinks) the share p of the attention on all sinks goes to the image tokens that are none, in proportion to what they have.
/// </summary>
public sealed class VarMethod : DecodingMethod
{
    /// <summary>Least attention on image tokens of an image-centric head.</summary>
    public const double LeastOnImage = 0.2;

    /// <summary>The method in the catalogue.</summary>
    public static DecodingDefinition Definition { get; } = new(
        "var", "VAR: attention on sinks goes to image tokens in image-centric heads; p (0.6), rho (0.5), tau (20), sinks (dimensions with + between them; "
            + "those of each prompt's first token)",
        ["p", "rho", "tau", "sinks"],
        request => new VarMethod
        {
            P = request.Number("p", otherwise: 0.6, atLeast: 0, atMost: 1),
            Rho = request.Number("rho", otherwise: 0.5, atLeast: 0, atMost: 1),
            Tau = request.Number("tau", otherwise: 20, atLeast: 0),
            Sinks = request.Wholes("sinks"),
        });

    /// <summary>Share of the attention on sinks that is moved.</summary>
    public double P { get; init; } = 0.6;

    /// <summary>Of a head's attention on image tokens, the least share that is not on sinks.</summary>
    public double Rho { get; init; } = 0.5;

    /// <summary>From which activation on a token is a sink, in root mean squares of its state.</summary>
    public double Tau { get; init; } = 20;

    /// <summary>
    /// Sink dimensions of the hidden state, as {1415, 2533} of LLaMA-2 7B; null: at each layer those in which the prompt's first token is beyond
    /// <see cref="Tau"/>, which is how they are found.
    /// </summary>
    public IReadOnlyList<int>? Sinks { get; init; }

    /// <inheritdoc/>
    public override string Name => "var";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings
    {
        get
        {
            var settings = new Dictionary<string, string> { ["p"] = Write(P), ["rho"] = Write(Rho), ["tau"] = Write(Tau) };
            if (Sinks is { } sinks)
            {
                settings["sinks"] = string.Join('+', sinks.Select(s => Write(s)));
            }

            return settings;
        }
    }

    /// <inheritdoc/>
    public override bool IsPlain => P == 0;

    /// <inheritdoc/>
    public override bool ReadsAttention => true;

    /// <inheritdoc/>
    public override BatchAttention? Attention(PromptRows rows, int numLayers) => numLayers > SinkRedistribution.FirstLayer + 1
        ? new SinkRedistribution(rows, this, numLayers)
        : throw new FoveaException($"decoding by var: a decoder of {numLayers} layers; the first {SinkRedistribution.FirstLayer} and the last one keep their "
            + $"attention, so that it needs at least {SinkRedistribution.FirstLayer + 2}");
}
