using Fovea.Models.Decoders;
using Fovea.Models.Kernels;

namespace Fovea.Models.MixedPrecision;

/// <summary>What all blocks of one pass share.</summary>
/// <param name="Rotation">Of the positions.</param>
/// <param name="Masks">In bfloat16.</param>
/// <param name="Pieces">Of attention.</param>
internal sealed record MixedContext(RotaryFactors Rotation, AttentionMasks Masks, AttentionPieces Pieces);
