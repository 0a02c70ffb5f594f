using Fovea.Models.Configs;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// Rotary position embedding (arXiv 2104.09864) in the half-split layout of Transformers: dimension i turns with i + head_dim / 2.
/// </summary>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor _frequencies; // [head_dim / 2]
    private readonly Tensor _signs; // [head_dim]: -1 for the first half, 1 for the second
    private readonly int _half;

    public RotaryEmbedding(RopeConfig rope, int headDim, Device device)
    {
        using var scope = NewDisposeScope();
        _half = headDim / 2;
        using var exponents = arange(0, headDim, 2, dtype: ScalarType.Float32) / headDim;
        using var powers = pow(tensor((float)rope.Theta), exponents);
        var frequencies = new float[_half];
        for (var i = 0; i < _half; i++)
        {
            frequencies[i] = (float)Scale(rope, 1f / powers[i].item<float>());
        }

        _frequencies = tensor(frequencies, device: device).DetachFromDisposeScope();
        _signs = tensor([.. Enumerable.Repeat(-1f, _half), .. Enumerable.Repeat(1f, _half)], device: device).DetachFromDisposeScope();
    }

    /// <summary>Cosines and signed sines at positions <c>[seq]</c> or <c>[batch, seq]</c>: <c>[(batch,) seq, 1, head_dim]</c>.</summary>
    public (Tensor Cos, Tensor SignedSin) At(Tensor positions)
    {
        var angles = positions.to(ScalarType.Float32).unsqueeze(-1) * _frequencies; // [..., seq, head_dim / 2]
        var both = cat([angles, angles], -1).unsqueeze(-2); // [..., seq, 1, head_dim]
        return (both.cos(), both.sin().mul_(_signs));
    }

    /// <summary>Turns queries or keys: <c>[batch, seq, heads, head_dim]</c>. The halves swapped and signed are the usual rotate_half.</summary>
    public Tensor Apply(Tensor x, (Tensor Cos, Tensor SignedSin) rotation) =>
        (x * rotation.Cos).addcmul_(x.roll(_half, -1), rotation.SignedSin, 1);

    public void Dispose()
    {
        _frequencies.Dispose();
        _signs.Dispose();
    }

    /// <summary>The scaled frequency, in radians per token. <c>llama3</c>: by wavelength, smoothly between the two bounds.</summary>
    private static double Scale(RopeConfig rope, double frequency)
    {
        if (rope.Type == "linear")
        {
            return frequency / rope.Factor;
        }

        if (rope.Type != "llama3")
        {
            return frequency;
        }

        var wavelength = 2 * Math.PI / frequency;
        var longest = rope.OriginalMaxPositions / rope.LowFrequencyFactor;
        var shortest = rope.OriginalMaxPositions / rope.HighFrequencyFactor;
        if (wavelength < shortest)
        {
            return frequency;
        }

        var smooth = (rope.OriginalMaxPositions / wavelength - rope.LowFrequencyFactor) / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        return wavelength > longest ? frequency / rope.Factor : ((1 - smooth) * frequency / rope.Factor) + (smooth * frequency);
    }
}
