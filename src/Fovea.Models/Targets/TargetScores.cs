namespace Fovea.Models.Targets;

/// <summary>What a model says of one sample's targets.</summary>
/// <param name="LogProbs">In nats: <c>[targets kept]</c>.</param>
/// <param name="TopOne">Whether each target is the likeliest token: <c>[targets kept]</c>; null unless asked for.</param>
/// <param name="Entropy">Of the distribution over the vocabulary, in nats: <c>[targets kept]</c>; null unless asked for.</param>
/// <param name="Logits">Of each target, before they are normalised: <c>[targets kept]</c>; null unless asked for.</param>
public sealed record TargetScores(float[] LogProbs, bool[]? TopOne = null, float[]? Entropy = null, float[]? Logits = null);
