using Fovea.Models.Families;
using TorchSharp;

namespace Fovea.Training.Objective;

/// <summary>
/// The head and the loss over a few targets at a time, so that logits never take more than a set size. Each piece is a leaf of its own that is
/// differentiated at once and forgotten; the gradients of the pieces together are the exact gradient of the hidden states. Nothing is computed twice.
/// </summary>
internal static class ChunkedHead
{
    /// <summary>Targets whose float32 logits fit into <paramref name="maxBytes"/>; at least 1.</summary>
    public static int Rows(long maxBytes, int vocabSize) => (int)Math.Clamp(maxBytes / ((long)vocabSize * sizeof(float)), 1, 1 << 20);

    /// <summary>Adds the loss's gradients to the head's parameters and gives the gradient of <paramref name="hidden"/>.</summary>
    /// <param name="model">Whose head.</param>
    /// <param name="hidden">Final hidden states that predict the targets: <c>[targets, hidden]</c>.</param>
    /// <param name="targetIds">int64 <c>[targets]</c>.</param>
    /// <param name="weights">float32 <c>[targets]</c>.</param>
    /// <param name="denominator">Sum of weights over the whole step.</param>
    /// <param name="rows">Most targets at a time.</param>
    /// <returns>The loss, not finite if a piece's was not, and the gradient <c>[targets, hidden]</c>, null if the loss is not finite or nothing before the head is trained.</returns>
    public static (double Loss, torch.Tensor? Gradient) Backward(
        DecoderModel model, torch.Tensor hidden, torch.Tensor targetIds, torch.Tensor weights, double denominator, int rows)
    {
        var gradients = new List<torch.Tensor>();
        var total = 0.0;
        var count = hidden.shape[0];
        using var scope = torch.NewDisposeScope();
        for (var start = 0L; start < count; start += rows)
        {
            using var piece = torch.NewDisposeScope();
            var length = Math.Min(rows, count - start);
            var leaf = hidden.detach().narrow(0, start, length).requires_grad_(hidden.requires_grad);
            var loss = TokenObjective.Loss(model.Decoder.Head(leaf), targetIds.narrow(0, start, length), weights.narrow(0, start, length), denominator);
            total += loss.ToDouble();
            if (!double.IsFinite(total))
            {
                return (total, null);
            }

            if (loss.requires_grad)
            {
                loss.backward();
            }

            if (leaf.grad is { } gradient)
            {
                gradients.Add(gradient.MoveToOuterDisposeScope());
            }
        }

        return (total, gradients.Count switch
        {
            0 => null,
            1 => gradients[0].MoveToOuterDisposeScope(),
            _ => torch.cat(gradients).MoveToOuterDisposeScope(),
        });
    }
}
