using Fovea.Models.Families;
using Fovea.Models.Kernels;
using Fovea.Models.MixedPrecision;
using Fovea.Torch;
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

    /// <summary>Targets whose logits fit, in the type in which this model's loss is computed: bfloat16, two bytes, where the gradient is written out.</summary>
    public static int Rows(DecoderModel model, long maxBytes) => Rows(model.Decoder.MixedHead is null ? maxBytes : 2 * maxBytes, model.VocabSize);

    /// <summary>Adds the loss's gradients to the head's parameters and gives the gradient of <paramref name="hidden"/>.</summary>
    /// <param name="model">Whose head.</param>
    /// <param name="hidden">Final hidden states that predict the targets: <c>[targets, hidden]</c>.</param>
    /// <param name="targetIds">int64 <c>[targets]</c>.</param>
    /// <param name="weights">float32 <c>[targets]</c>.</param>
    /// <param name="denominator">Sum of weights over the whole step.</param>
    /// <param name="rows">Most targets at a time.</param>
    /// <returns>The loss, not finite if a piece's was not, and the gradient <c>[targets, hidden]</c>, null if the loss is not finite or nothing
    /// before the head is trained.</returns>
    public static (double Loss, torch.Tensor? Gradient) Backward(
        DecoderModel model, torch.Tensor hidden, torch.Tensor targetIds, torch.Tensor weights, double denominator, int rows)
    {
        if (model.Decoder.MixedHead is { } head)
        {
            return Mixed(head, hidden, targetIds, weights, denominator, rows);
        }

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
            total += loss.ToNumber();
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

        return (total, Joined(gradients));
    }

    /// <summary>The loss alone, in the same arithmetic: sum of weight * negative log-likelihood in nats.</summary>
    /// <param name="model">Whose head.</param>
    /// <param name="hidden">Final hidden states that predict the targets: <c>[targets, hidden]</c>.</param>
    /// <param name="targetIds">int64 <c>[targets]</c>.</param>
    /// <param name="weights">float32 <c>[targets]</c>.</param>
    /// <param name="rows">Most targets at a time.</param>
    public static double Loss(DecoderModel model, torch.Tensor hidden, torch.Tensor targetIds, torch.Tensor weights, int rows)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var low = model.Decoder.MixedHead?.to(torch.ScalarType.BFloat16); // [vocab, hidden]
        var inputs = low is null ? hidden : hidden.to(torch.ScalarType.BFloat16);
        var sum = 0.0;
        for (var start = 0L; start < hidden.shape[0]; start += rows)
        {
            using var piece = torch.NewDisposeScope();
            var length = Math.Min(rows, hidden.shape[0] - start);
            var (x, ids, factors) = (inputs.narrow(0, start, length), targetIds.narrow(0, start, length), weights.narrow(0, start, length));
            sum += low is null ? TokenObjective.Loss(model.Decoder.Head(x), ids, factors, 1).ToNumber()
                : TargetKernel.Gradient(torch.nn.functional.linear(x, low), ids, factors);
        }

        return sum;
    }

    /// <summary>
    /// The same with products in bfloat16 and the gradient written out: w_i / denominator * (p - onehot), softmax in float32. The head is cast
    /// once, and its gradient added to the float32 one once.
    /// </summary>
    private static (double Loss, torch.Tensor? Gradient) Mixed(
        torch.Tensor head, torch.Tensor hidden, torch.Tensor targetIds, torch.Tensor weights, double denominator, int rows)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var low = head.to(torch.ScalarType.BFloat16); // [vocab, hidden]
        var inputs = hidden.detach().to(torch.ScalarType.BFloat16);
        var scales = weights.to(torch.ScalarType.Float32).Over((float)denominator); // [targets]
        var (gradients, total) = (new List<torch.Tensor>(), 0.0);
        torch.Tensor? headGradient = null; // [vocab, hidden]
        for (var start = 0L; start < hidden.shape[0]; start += rows)
        {
            using var piece = torch.NewDisposeScope();
            var length = Math.Min(rows, hidden.shape[0] - start);
            var x = inputs.narrow(0, start, length);
            var error = torch.nn.functional.linear(x, low); // [piece, vocab]; logits at first
            total += TargetKernel.Gradient(error, targetIds.narrow(0, start, length), scales.narrow(0, start, length));
            if (!double.IsFinite(total))
            {
                return (total, null);
            }

            if (head.requires_grad)
            {
                headGradient = headGradient is null ? error.t().mm(x).MoveToOuterDisposeScope() : headGradient.addmm_(error.t(), x, 1, 1);
            }

            if (hidden.requires_grad)
            {
                gradients.Add(Product(error, low).to(hidden.dtype).MoveToOuterDisposeScope());
            }
        }

        if (headGradient is not null)
        {
            Gradients.Add(head, () => headGradient);
        }

        return (total, Joined(gradients));
    }

    /// <summary>a b in float32, some of the vocabulary at a time, which oneDNN does a quarter faster than all at once.</summary>
    /// <param name="a"><c>[n, vocab]</c>.</param>
    /// <param name="b"><c>[vocab, hidden]</c>.</param>
    /// <param name="columns">Most of the vocabulary at a time.</param>
    internal static torch.Tensor Product(torch.Tensor a, torch.Tensor b, long columns = 4096)
    {
        using var scope = torch.NewDisposeScope();
        var sum = torch.zeros([a.shape[0], b.shape[1]], torch.ScalarType.Float32, a.device);
        for (var start = 0L; start < a.shape[1]; start += columns)
        {
            var length = Math.Min(columns, a.shape[1] - start);
            using var part = a.narrow(1, start, length).mm(b.narrow(0, start, length));
            sum.AddInPlace(part);
        }

        return sum.MoveToOuterDisposeScope();
    }

    private static torch.Tensor? Joined(List<torch.Tensor> gradients) => gradients.Count switch
    {
        0 => null,
        1 => gradients[0].MoveToOuterDisposeScope(),
        _ => torch.cat(gradients).MoveToOuterDisposeScope(),
    };
}
