using Fovea.Models.Decoders;

namespace Fovea.Models.Vision;

/// <summary>What a tower's block is made of.</summary>
internal sealed record TowerBlockWeights(LayerNorm AttentionNorm, IReadOnlyList<Linear> QueryKeyValue, Linear Output, LayerNorm MlpNorm,
    Linear Up, Linear Down);
