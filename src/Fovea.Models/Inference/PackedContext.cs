using Fovea.Models.Decoders;
using Fovea.Models.Kernels;

namespace Fovea.Models.Inference;

/// <summary>What all blocks of one pass share.</summary>
/// <param name="Rotation">Of the tokens' positions.</param>
/// <param name="Rows">Which tokens are a row.</param>
/// <param name="Masks">In bfloat16.</param>
internal sealed record PackedContext(RotaryFactors Rotation, IReadOnlyList<RowGroup> Rows, AttentionMasks Masks);
