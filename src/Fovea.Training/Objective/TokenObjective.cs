using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Training.Objective;

/// <summary>
/// Weighted next-token cross-entropy: <c>sum_i w_i * nll_i / denominator</c> in nats, where the denominator is the sum of weights over the whole
/// step, all its micro-batches included. It cannot tell PRIOR (arXiv 2505.08971) from VIG or plain next-token prediction: they differ only in w.
/// </summary>
public static class TokenObjective
{
    /// <summary>The loss of a micro-batch, a scalar with gradient; the micro-batches' losses add up to the step's.</summary>
    /// <param name="logits">Of the positions that predict the targets: <c>[targets, vocab]</c>.</param>
    /// <param name="targetIds">int64 <c>[targets]</c>.</param>
    /// <param name="weights">float32 <c>[targets]</c>, finite and not negative; null for one each, which takes the same path and gives the same bits.</param>
    /// <param name="denominator">Sum of weights over the whole step; above 0.</param>
    public static Tensor Loss(Tensor logits, Tensor targetIds, Tensor? weights, double denominator)
    {
        if (!(denominator > 0) || double.IsInfinity(denominator))
        {
            throw new ArgumentOutOfRangeException(nameof(denominator), denominator, "a step whose weights sum to 0 has no loss");
        }

        using var scope = NewDisposeScope();
        var nll = nn.functional.cross_entropy(logits, targetIds, reduction: nn.Reduction.None); // [targets]
        var each = weights ?? ones_like(nll); // [targets]
        if (each.NumberOfElements != nll.NumberOfElements)
        {
            throw new ArgumentException($"{each.NumberOfElements} weights for {nll.NumberOfElements} targets", nameof(weights));
        }

        return (nll * each).sum().Over(denominator).MoveToOuterDisposeScope();
    }
}
