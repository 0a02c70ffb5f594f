using static TorchSharp.torch;

namespace Fovea.Models.Kernels;

/// <summary>Cosines and sines of the positions of one pass (rotary positions, arXiv 2104.09864), float32.</summary>
/// <param name="Cosine"><c>[(batch,) seq, 1, dim]</c>.</param>
/// <param name="SignedSine">Negative in the first half: the same shape.</param>
internal sealed record RotaryFactors(Tensor Cosine, Tensor SignedSine);
