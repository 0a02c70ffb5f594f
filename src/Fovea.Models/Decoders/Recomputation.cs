using Fovea.Models.MixedPrecision;
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
    private readonly List<IExplicitBlock> _explicit = [];
    private readonly List<Tensor> _kept = [];

    /// <summary>Whether blocks keep their input only and run again.</summary>
    public bool Recomputes => recomputes;

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
        var kept = Keep(input.alias());
        _segments.Add(new Segment(kept, output, gradient => Descend(kept, inputs, blocks, gradient)));
        return output;
    }

    /// <summary>Runs blocks that compute their gradients themselves, in bfloat16.</summary>
    /// <param name="input">Of the first block, with its graph.</param>
    /// <param name="blocks">One after the other. Owned here from now on.</param>
    /// <returns>The last block's output, a leaf that collects the gradient. Owned here.</returns>
    internal Tensor Run(Tensor input, IReadOnlyList<IExplicitBlock> blocks)
    {
        using var scope = NewDisposeScope();
        _explicit.AddRange(blocks);
        Tensor x;
        using (no_grad())
        {
            x = input.detach().to(ScalarType.BFloat16);
            foreach (var block in blocks)
            {
                x = block.Forward(x);
            }
        }

        var output = Keep(x.detach().requires_grad_(true));
        var kept = Keep(input.alias());
        _segments.Add(new Segment(kept, output, gradient => Descend(kept, blocks, gradient)));
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
        _explicit.ForEach(b => b.Dispose());
        _explicit.Clear();
        _kept.ForEach(t => t.Dispose());
        _kept.Clear();
        _segments.Clear();
    }

    private static Tensor? Descend(Tensor input, IReadOnlyList<IExplicitBlock> blocks, Tensor gradient)
    {
        using var noGrad = no_grad();
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            var wantsInput = input.requires_grad || blocks.Take(i).Any(b => b.IsTrained);
            if (blocks[i].Backward(gradient, wantsInput) is not { } next)
            {
                return null; // Nothing is trained before it.
            }

            gradient.Dispose();
            gradient = next.MoveToOuterDisposeScope();
        }

        return gradient.to(input.dtype);
    }

    private static Tensor? Descend(Tensor input, Tensor[] inputs, IReadOnlyList<Func<Tensor, Tensor>> blocks, Tensor gradient)
    {
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            var leaf = inputs[i].detach().requires_grad_(i > 0 || input.requires_grad);
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
