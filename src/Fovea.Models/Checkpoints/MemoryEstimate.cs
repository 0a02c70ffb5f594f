using Fovea.Models.Configs;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Estimates of resident memory, in bytes, for one sequence of <see cref="Tokens"/> tokens at a time. Parameters are counted exactly;
/// activations are counted from the decoder's shape in float32, the tower's left out.
/// </summary>
/// <param name="Tokens">Length of the sequence: the model's own, at most 2048.</param>
/// <param name="Load">Parameters as stored, copied into memory. Mapped ones need almost none.</param>
/// <param name="LoadF32">Parameters in float32.</param>
/// <param name="Score">Parameters as stored, and a forward pass with logits at every position.</param>
/// <param name="Train">Parameters, gradients and both moments of AdamW in float32, and what backward keeps of a forward pass.</param>
public sealed record MemoryEstimate(int Tokens, long Load, long LoadF32, long Score, long Train)
{
    private const int MostTokens = 2048;
    private const int F32 = sizeof(float);

    // Tensors of a block that live at once going forward, and those that backward needs, as a training run's own plan counts them: of the
    // width of the residual stream, of the heads' (query, key, value, their mix and its copy), and of the MLP's.
    private const int ForwardWide = 6, ForwardInner = 3, KeptWide = 6, KeptHeads = 5, KeptInner = 4;

    // Before and behind the blocks: embeddings, their gradient, the final norm.
    private const int KeptEnds = 4;

    // Logits, their log-softmax, and in training their gradient; training makes them a piece at a time.
    private const int ForwardLogits = 2, KeptLogits = 3;
    private const long PieceBytes = 64L << 20;

    /// <param name="c">The decoder.</param>
    /// <param name="parameters">How many there are.</param>
    /// <param name="storedBytes">What they take as stored.</param>
    /// <param name="beside">Bytes of a frozen tower's file, which is not among the parameters.</param>
    internal static MemoryEstimate Of(DecoderConfig c, long parameters, long storedBytes, long beside = 0)
    {
        var tokens = Math.Min(c.MaxPositions, MostTokens);
        long heads = (long)(c.NumHeads + (2 * c.NumKeyValueHeads)) * c.HeadDim;
        var forward =
            tokens * ((ForwardWide * (long)c.HiddenSize) + (ForwardInner * (long)c.IntermediateSize) + (2 * heads) + (ForwardLogits * (long)c.VocabSize));
        var block = (KeptWide * (long)c.HiddenSize) + (KeptHeads * (long)c.NumHeads * c.HeadDim) + (KeptInner * (long)c.IntermediateSize);
        var kept = F32 * tokens * ((c.NumLayers * block) + (KeptEnds * (long)c.HiddenSize));
        var logits = KeptLogits * Math.Min(F32 * (long)tokens * c.VocabSize, PieceBytes);
        return new MemoryEstimate(tokens, storedBytes + beside, (parameters * F32) + beside, storedBytes + (forward * F32) + beside,
            (parameters * 4 * F32) + kept + logits + beside);
    }
}
