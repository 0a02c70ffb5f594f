using static TorchSharp.torch;

namespace Fovea.Models.Decoders;

/// <summary>
/// Gradient checkpointing (arXiv 1604.06174), block by block: the forward pass keeps each block's input only, the backward pass runs the block again
/// to get its gradients. TorchSharp offers no checkpoint function; instead a run of blocks ends in a leaf, whose gradient <see cref="Backward"/> carries on.
/// </summary>
/// <remarks>Of one forward and backward pass. Owns what it keeps, outside of dispose scopes.</remarks>
public sealed class Recomputation : IDisposable
{
    private readonly List<Segment> _segments = [];
    private readonly List<Tensor> _kept = [];

    /// <summary>Takes a tensor that blocks capture out of its dispose scope, until this is disposed.</summary>
    public Tensor Keep(Tensor tensor)
    {
        _kept.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <summary>Runs blocks one after the other without recording what happens within.</summary>
    /// <param name="input">Of the first block, with its graph.</param>
    /// <param name="blocks">Each maps a tensor to another of any shape; see <see cref="Keep"/> for tensors that they capture.</param>
    /// <returns>The last block's output, a leaf that collects the gradient. Owned here.</returns>
    public Tensor Run(Tensor input, IReadOnlyList<Func<Tensor, Tensor>> blocks)
    {
        using var scope = NewDisposeScope();
        var inputs = new Tensor[blocks.Count];
        Tensor x;
        using (no_grad())
        {
            x = input.detach();
            for (var i = 0; i < blocks.Count; i++)
            {
                inputs[i] = Keep(x);
                x = blocks[i](x);
            }
        }

        var output = Keep(x.detach().requires_grad_(true));
        _segments.Add(new Segment(Keep(input.alias()), inputs, output, blocks));
        return output;
    }

    /// <summary>Goes on where the loss's own backward pass ended: from the last run of blocks to the first, down to what lies before each.</summary>
    public void Backward()
    {
        foreach (var segment in Enumerable.Reverse(_segments))
        {
            using var scope = NewDisposeScope();
            if (segment.Output.grad is { } gradient && Descend(segment, gradient) is { } first && segment.Input.requires_grad)
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

    private static Tensor? Descend(Segment segment, Tensor gradient)
    {
        for (var i = segment.Blocks.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            var leaf = segment.Inputs[i].detach().requires_grad_(i > 0 || segment.Input.requires_grad);
            var output = segment.Blocks[i](leaf);
            if (!output.requires_grad)
            {
                return null; // Nothing is trained in this block or before it.
            }

            output.backward([gradient]);
            gradient.Dispose();
            segment.Inputs[i].Dispose();
            if (leaf.grad is not { } next)
            {
                return null;
            }

            gradient = next.MoveToOuterDisposeScope();
        }

        return gradient;
    }

    private sealed record Segment(Tensor Input, Tensor[] Inputs, Tensor Output, IReadOnlyList<Func<Tensor, Tensor>> Blocks);
}
