using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// Gradient checkpointing (arXiv 1604.06174), block by block: the forward pass keeps each block's input only, the backward pass runs the block again
/// to get its gradients. TorchSharp offers no checkpoint function; instead a run of blocks ends in a leaf, whose gradient <see cref="Backward"/> carries on.
/// </summary>
/// <remarks>Of one forward and backward pass. Owns what it keeps, outside of dispose scopes.</remarks>
/// <param name="recomputes">Whether blocks run again; false where only those are wanted that compute their gradients themselves (bfloat16).</param>
public sealed class Recomputation(bool recomputes = true) : IDisposable
{
    private readonly List<Segment> _segments = [];
    private readonly List<IDisposable> _kept = [];

    /// <summary>Whether blocks keep their input only and run again.</summary>
    public bool Recomputes => recomputes;

    /// <summary>Takes a tensor that blocks capture out of its dispose scope, until this is disposed.</summary>
    public Tensor Keep(Tensor tensor)
    {
        _kept.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <summary>Disposes of something that blocks hold when this is disposed.</summary>
    internal void Own(IDisposable held) => _kept.Add(held);

    /// <summary>Runs blocks one after the other without recording what happens within.</summary>
    /// <param name="input">Of the first block, with its graph.</param>
    /// <param name="blocks">Each maps a tensor to another of any shape; see <see cref="Keep"/> for tensors that they capture.</param>
    /// <returns>The last block's output, a leaf that collects the gradient. Owned here.</returns>
    public Tensor Run(Tensor input, IReadOnlyList<Func<Tensor, Tensor>> blocks)
    {
        var inputs = new Tensor[blocks.Count];
        return Run(
            input,
            x =>
            {
                for (var i = 0; i < blocks.Count; i++)
                {
                    inputs[i] = Keep(x);
                    x = blocks[i](x);
                }

                return x;
            },
            (gradient, wantsInput) => Descend(inputs, blocks, gradient, wantsInput));
    }

    /// <summary>Runs a part of a model that computes its gradients itself.</summary>
    /// <param name="input">Of the part, with its graph.</param>
    /// <param name="forward">Maps the input to the output, without recording.</param>
    /// <param name="backward">From the output's gradient to the input's, if that is wanted, or null where none is needed; adds the parameters' on the
    /// way.</param>
    /// <returns>The output, a leaf that collects the gradient. Owned here.</returns>
    internal Tensor Run(Tensor input, Func<Tensor, Tensor> forward, Func<Tensor, bool, Tensor?> backward)
    {
        using var scope = NewDisposeScope();
        Tensor x;
        using (no_grad())
        {
            x = forward(input.detach());
        }

        var output = Keep(x.detach().requires_grad_(true));
        var kept = Keep(input.alias());
        _segments.Add(new Segment(kept, output, gradient => backward(gradient, kept.requires_grad)));
        return output;
    }

    /// <summary>Continues where the loss's own backward pass ended: from the last run of blocks to the first, down to what comes before each.</summary>
    public void Backward()
    {
        foreach (var segment in Enumerable.Reverse(_segments))
        {
            using var scope = NewDisposeScope();
            if (segment.Output.grad is { } gradient && segment.Descend(gradient) is { } first && segment.Input.requires_grad)
            {
                segment.Input.backward([first]);
            }
        }

        _segments.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.ForEach(t => t.Dispose());
        _kept.Clear();
        _segments.Clear();
    }

    private static Tensor? Descend(Tensor[] inputs, IReadOnlyList<Func<Tensor, Tensor>> blocks, Tensor gradient, bool wantsInput)
    {
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            var leaf = inputs[i].detach().requires_grad_(i > 0 || wantsInput);
            var output = blocks[i](leaf);
            if (!output.requires_grad)
            {
                return null; // Nothing is trained in this block or before it.
            }

            output.backward([gradient]);
            gradient.Dispose();
            inputs[i].Dispose();
            if (leaf.grad is not { } next)
            {
                return null;
            }

            gradient = next.MoveToOuterDisposeScope();
        }

        return gradient;
    }

    private sealed record Segment(Tensor Input, Tensor Output, Func<Tensor, Tensor?> Descend);
}
