using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>
/// Guidance away from what the text alone would say: <c>log p + gamma (log p - log p')</c>, p' with a visionless proxy in place of the images; the bracket is
/// VIG of a token (arXiv 2602.17186). Ids whose probability by p is below beta of the likeliest one's are out, as in VCD.
/// </summary>
/// <param name="proxy">What is shown in place of the images.</param>
public sealed class ProxyGuidance(ContrastImages proxy) : DecodingMethod
{
    /// <summary>The method in the catalogue.</summary>
    public static DecodingDefinition Definition { get; } = new(
        "guidance", "log p + gamma (log p - log p'), p' with a visionless proxy: VIG of each token; gamma (1), beta (0.1), proxy (blur)",
        ["gamma", "beta", "proxy"],
        request => new ProxyGuidance(request.Proxy(request.Text("proxy", otherwise: "blur")))
        {
            Gamma = request.Number("gamma", otherwise: 1, atLeast: 0),
            Beta = request.Number("beta", otherwise: 0.1, atLeast: 0, atMost: 1),
        });

    /// <summary>Strength.</summary>
    public double Gamma { get; init; } = 1;

    /// <summary>Of the likeliest id's probability, the least that an id needs; 0 for no constraint.</summary>
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override string Name => "guidance";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["gamma"] = Write(Gamma),
        ["beta"] = Write(Beta),
        ["proxy"] = proxy.Name,
    };

    /// <inheritdoc/>
    public override bool IsPlain => Gamma == 0;

    /// <inheritdoc/>
    public override bool Contrasts => true;

    /// <inheritdoc/>
    public override Tensor Combine(Tensor scores, Tensor contrast)
    {
        using var scope = NewDisposeScope();
        var (own, blind) = (scores.log_softmax(-1), contrast.log_softmax(-1));
        return OnlyPlausible(own.Plus(own.Plus(blind.Times(-1)).Times(Gamma)), own, Beta).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override ExpandedSample Contrast(DecoderModel model, ExpandedSample prompt, PromptImages? images) => proxy.Replace is not { } replace
        ? WithoutImages(model, prompt)
        : prompt with { Images = replace(images ?? throw new ArgumentException($"proxy {proxy.Name} needs the images before they are normalised", nameof(images))) };
}
