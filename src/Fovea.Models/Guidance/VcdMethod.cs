using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fovea.Core.Randomness;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>
/// Visual contrastive decoding (arXiv 2311.16922): <c>(1 + alpha) l - alpha l'</c>, l' the logits with diffusion noise on the images, of ids whose
/// probability by l is at least beta of the likeliest one's.
/// </summary>
public sealed class VcdMethod : DecodingMethod
{
    /// <summary>The method in the catalogue.</summary>
    public static DecodingDefinition Definition { get; } = new(
        "vcd", "VCD: contrast with a diffusion-noised image; alpha (1), beta (0.1), step (500), seed (0)", ["alpha", "beta", "step", "seed"],
        request => new VcdMethod
        {
            Alpha = request.Number("alpha", otherwise: 1, atLeast: 0),
            Beta = request.Number("beta", otherwise: 0.1, atLeast: 0, atMost: 1),
            Step = request.Whole("step", otherwise: 500, atLeast: 0, atMost: DiffusionNoise.NumSteps - 1),
            Seed = request.Whole("seed", otherwise: 0, atLeast: 0),
        });

    /// <summary>Strength of the contrast.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Of the likeliest id's probability, the least that an id needs; 0 for no constraint.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Step of the diffusion.</summary>
    public int Step { get; init; } = 500;

    /// <summary>Of the noise, which depends on the image besides, and on nothing else: neither batch nor order changes it.</summary>
    public long Seed { get; init; }

    /// <summary>Standard normal draws for an image, one a value of it.</summary>
    public Func<PixelValues, float[]>? Noise { get; init; }

    /// <inheritdoc/>
    public override string Name => "vcd";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["alpha"] = Write(Alpha),
        ["beta"] = Write(Beta),
        ["step"] = Write(Step),
        ["seed"] = Write(Seed),
    };

    /// <inheritdoc/>
    public override bool IsPlain => Alpha == 0;

    /// <inheritdoc/>
    public override bool Contrasts => true;

    /// <inheritdoc/>
    public override Tensor Combine(Tensor scores, Tensor contrast)
    {
        using var scope = NewDisposeScope();
        return OnlyPlausible(scores.Times(1 + Alpha).Plus(contrast.Times(-Alpha)), scores, Beta).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override ExpandedSample Contrast(DecoderModel model, ExpandedSample prompt, PromptImages? images) =>
        prompt with { Images = [.. prompt.Images.Select(i => DiffusionNoise.Add(i, (Noise ?? Draw)(i), Step))] };

    private float[] Draw(PixelValues image)
    {
        var content = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(image.Values)));
        var random = new RandomSource(Seed, "decode/vcd/" + content);
        return [.. Enumerable.Range(0, image.Values.Length).Select(_ => (float)random.NextGaussian())];
    }
}
