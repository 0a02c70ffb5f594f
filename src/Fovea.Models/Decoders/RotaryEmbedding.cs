using Fovea.Models.Configs;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// Rotary position embedding (arXiv 2104.09864). Transformers' layout turns dimension i with i + head_dim / 2. Where projections are joined anyway,
/// their rows are interleaved on the way, so that the two of a pair are adjacent and one complex product turns it: attention scores do not depend on the
/// order of dimensions, as long as queries and keys agree.
/// </summary>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor _frequencies; // [head_dim / 2]
    private readonly Tensor _signs; // [head_dim]: -1 for the first half, 1 for the second
    private readonly int _half;
    private readonly bool _interleaved;

    public RotaryEmbedding(RopeConfig rope, int headDim, bool interleaved, Device device)
    {
        using var scope = NewDisposeScope();
        _half = headDim / 2;
        _interleaved = interleaved;
        var powers = pow(tensor((float)rope.Theta), TensorNumbers.Range(0, headDim, 2, ScalarType.Float32).Over(headDim));
        var frequencies = new float[_half];
        for (var i = 0; i < _half; i++)
        {
            frequencies[i] = (float)Scale(rope, 1f / powers[i].item<float>());
        }

        _frequencies = tensor(frequencies, device: device).DetachFromDisposeScope();
        _signs = tensor([.. Enumerable.Repeat(-1f, _half), .. Enumerable.Repeat(1f, _half)], device: device).DetachFromDisposeScope();
    }

    /// <summary>Rotations at positions <c>[seq]</c> or <c>[batch, seq]</c>, for all layers.</summary>
    public Rotation At(Tensor positions)
    {
        var angles = (positions.to(ScalarType.Float32).unsqueeze(-1) * _frequencies).unsqueeze(-2); // [(batch,) seq, 1, head_dim / 2]
        if (_interleaved)
        {
            return new Rotation(complex(angles.cos(), angles.sin()), null);
        }

        var both = cat([angles, angles], -1); // [(batch,) seq, 1, head_dim]
        return new Rotation(both.cos(), both.sin().mul_(_signs));
    }

    /// <summary>Turns queries or keys: <c>[batch, seq, heads, head_dim]</c>.</summary>
    public Tensor Apply(Tensor x, Rotation rotation)
    {
        if (rotation.SignedSin is not { } sin)
        {
            return (x.unflatten(3, [_half, 2]).view_as_complex() * rotation.Factor).view_as_real().flatten(3);
        }

        // The halves swapped and signed are the usual rotate_half.
        return (x * rotation.Factor).AddProductInPlace(x.roll(_half, -1), sin);
    }

    /// <summary>Rows of a projection <c>[heads * head_dim, ...]</c> with each head's halves interleaved: <c>[heads, head_dim / 2, 2, ...]</c>.</summary>
    public Tensor Interleave(Tensor rows) => rows.view(-1, 2, _half, Width(rows)).transpose(1, 2);

    /// <summary>Rows in the shape of <see cref="Interleave"/>, in their own order.</summary>
    public Tensor Pair(Tensor rows) => rows.view(-1, _half, 2, Width(rows));

    public void Dispose()
    {
        _frequencies.Dispose();
        _signs.Dispose();
    }

    private static long Width(Tensor rows) => rows.dim() == 1 ? 1 : rows.shape[1];

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
        if (wavelength < rope.OriginalMaxPositions / rope.HighFrequencyFactor)
        {
            return frequency;
        }

        var smooth = ((rope.OriginalMaxPositions / wavelength) - rope.LowFrequencyFactor) / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        return wavelength > rope.OriginalMaxPositions / rope.LowFrequencyFactor
            ? frequency / rope.Factor
            : ((1 - smooth) * frequency / rope.Factor) + (smooth * frequency);
    }
}

/// <summary>Rotations of one forward pass.</summary>
/// <param name="Factor">Complex <c>[(batch,) seq, 1, head_dim / 2]</c> where pairs are interleaved, else cosines <c>[(batch,) seq, 1, head_dim]</c>.</param>
/// <param name="SignedSin">Sines, negative in the first half: <c>[(batch,) seq, 1, head_dim]</c>; null where pairs are interleaved.</param>
internal sealed record Rotation(Tensor Factor, Tensor? SignedSin);
