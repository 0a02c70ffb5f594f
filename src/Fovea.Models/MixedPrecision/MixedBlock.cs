using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Inference;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>What all blocks of one pass share, in bfloat16.</summary>
/// <param name="Cosine"><c>[(batch,) seq, 1, head_dim]</c>.</param>
/// <param name="SignedSine">Negative in the first half: the same shape.</param>
/// <param name="Mask">Additive, for layers without a window; null for causal.</param>
/// <param name="WindowMask">The same for layers with one.</param>
/// <param name="Kernels">For gradients.</param>
internal sealed record MixedContext(Tensor Cosine, Tensor SignedSine, Tensor? Mask, Tensor? WindowMask, MixedKernels Kernels);

/// <summary>
/// A decoder block of a training step in bfloat16 over float32 masters, with gradients written out: weights are cast once a pass, activations stay in bfloat16, and what is cheap
/// to compute again (norms, the MLP's product) is not kept. Attention alone is left to autograd.
/// </summary>
/// <param name="config">Shape.</param>
/// <param name="layer">Which block.</param>
/// <param name="weights">Its parameters; no adapters, no biases but those of query, key and value.</param>
/// <param name="context">Rotations and masks.</param>
/// <param name="keeps">False: keep the input only, and run again before the gradients (gradient checkpointing).</param>
internal sealed class MixedBlock(DecoderConfig config, int layer, BlockWeights weights, MixedContext context, bool keeps) : IExplicitBlock
{
    private Tensor? _input;
    private Kept? _kept;

    private IEnumerable<Tensor> Parameters => weights.QueryKeyValue.Concat([weights.Output, weights.Gate, weights.Up, weights.Down])
        .SelectMany(m => m.Bias is null ? (Tensor[])[m.Weight] : [m.Weight, m.Bias]).Concat([weights.AttentionNorm, weights.MlpNorm]);

    public bool IsTrained => Parameters.Any(p => p.requires_grad);

    /// <summary>Whether a block of this shape and state can be run so.</summary>
    public static bool Supports(DecoderConfig config, BlockWeights weights) => !DecoderBlock.JoinsProjections(config) && !config.OutputBias && !config.MlpBias
        && weights.QueryKeyValue.Concat([weights.Output, weights.Gate, weights.Up, weights.Down]).All(m => m.Adapter is null && m.Weight.dtype == ScalarType.Float32);

    public Tensor Forward(Tensor x)
    {
        var (output, kept) = Run(x);
        _input = x.alias().DetachFromDisposeScope();
        if (keeps)
        {
            _kept = kept;
        }
        else
        {
            kept.Dispose();
        }

        return output;
    }

    public Tensor? Backward(Tensor gradient, bool wantsInput)
    {
        using var scope = NewDisposeScope();
        var x = _input ?? throw new InvalidOperationException("backward before forward");
        if (_kept is null)
        {
            (_, _kept) = Run(x);
        }

        var k = _kept;
        var attended = MlpBackward(k, gradient);
        var (query, key, value) = AttentionBackward(k, attended);
        Tensor joint = cat([query.flatten(2), key.flatten(2), value.flatten(2)], 2); // [batch, seq, rows]
        var unit = x * k.AttentionScale * k.AttentionNorm;
        ProjectionGradients(joint, unit);
        Tensor? result = null;
        if (wantsInput || weights.AttentionNorm.requires_grad)
        {
            var inner = MixedNorm.Backward(x, k.AttentionScale, weights.AttentionNorm, joint.matmul(k.QueryKeyValue));
            result = inner.add_(attended).alias().MoveToOuterDisposeScope();
        }

        Dispose();
        return wantsInput ? result : null;
    }

    public void Dispose()
    {
        _input?.Dispose();
        _kept?.Dispose();
        (_input, _kept) = (null, null);
    }

    private (Tensor Output, Kept Kept) Run(Tensor x)
    {
        using var scope = NewDisposeScope();
        var low = ScalarType.BFloat16;
        var joint = cat([.. weights.QueryKeyValue.Select(m => m.Weight.to(low))], 0); // [rows, hidden]
        var bias = weights.QueryKeyValue[0].Bias is null ? null : cat([.. weights.QueryKeyValue.Select(m => m.Bias!.to(low))], 0);
        var k = new Kept
        {
            QueryKeyValue = joint,
            Output = weights.Output.Weight.to(low),
            Gate = weights.Gate.Weight.to(low),
            Up = weights.Up.Weight.to(low),
            Down = weights.Down.Weight.to(low),
            AttentionNorm = weights.AttentionNorm.to(low),
            MlpNorm = weights.MlpNorm.to(low),
            AttentionScale = MixedNorm.Scale(x, config.RmsNormEps),
        };
        long heads = config.NumHeads, kv = config.NumKeyValueHeads;
        var parts = nn.functional.linear(x * k.AttentionScale * k.AttentionNorm, joint, bias!).unflatten(2, [heads + (2 * kv), config.HeadDim]).split([heads, kv, kv], 2);
        Attend(k, Turn(parts[0]), Turn(parts[1]), parts[2]);
        k.Attended = Sum(x, k.Mixed.detach(), k.Output);
        k.MlpScale = MixedNorm.Scale(k.Attended, config.RmsNormEps);
        var unit = k.Attended * k.MlpScale * k.MlpNorm;
        k.GateOut = nn.functional.linear(unit, k.Gate);
        k.UpOut = nn.functional.linear(unit, k.Up);
        var output = Sum(k.Attended, nn.functional.silu(k.GateOut).mul_(k.UpOut), k.Down).MoveToOuterDisposeScope();
        k.Detach();
        return (output, k);
    }

    /// <summary>residual + x W^T.</summary>
    private static Tensor Sum(Tensor residual, Tensor x, Tensor weight) =>
        addmm(residual.flatten(0, 1), x.flatten(0, 1), weight.t(), 1, 1).view(residual.shape);

    private static Tensor Leaf(Tensor x) => x.detach().requires_grad_(true);

    private Tensor Turn(Tensor x) => (x * context.Cosine).addcmul_(x.roll(config.HeadDim / 2, -1), context.SignedSine, 1);

    /// <summary>The transpose of <see cref="Turn"/>: the turn back.</summary>
    private Tensor TurnBack(Tensor x) => (x * context.Cosine).addcmul_(x.roll(config.HeadDim / 2, -1), context.SignedSine, -1);

    private Tensor? Mask => config.WindowOf(layer) is null ? context.Mask : context.WindowMask;

    /// <summary>Mixes values: by plain products where no mask but the causal one is wanted and probabilities fit, else by the fused operator and its own gradient.</summary>
    private void Attend(Kept k, Tensor query, Tensor key, Tensor value)
    {
        if (Mask is null && config.NumHeads == config.NumKeyValueHeads && CausalAttention.Fits(query.shape[0], config.NumHeads, query.shape[1]))
        {
            k.Attention = new CausalAttention(query, key, value);
            k.Mixed = k.Attention.Output.alias();
            return;
        }

        (k.Query, k.Key, k.Value) = (Leaf(query), Leaf(key), Leaf(value));
        using var grad = enable_grad();
        var group = config.NumHeads / config.NumKeyValueHeads;
        var (keys, values) = group == 1 ? (k.Key, k.Value) : (k.Key.repeat_interleave(group, 2), k.Value.repeat_interleave(group, 2));
        k.Mixed = nn.functional.scaled_dot_product_attention(
            k.Query.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), Mask!, is_casual: Mask is null && query.shape[1] > 1).transpose(1, 2).flatten(2);
    }

    /// <summary>The gradient of the residual stream between attention and MLP.</summary>
    private Tensor MlpBackward(Kept k, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var silu = nn.functional.silu(k.GateOut);
        Gradients.Add(weights.Down.Weight, () => Gradients.Outer(gradient, silu * k.UpOut));
        var inner = gradient.matmul(k.Down); // [batch, seq, intermediate]
        var up = inner * silu;
        var gate = context.Kernels.SiluGradient(inner.mul_(k.UpOut), k.GateOut);
        var unit = k.Attended * k.MlpScale * k.MlpNorm;
        Gradients.Add(weights.Gate.Weight, () => Gradients.Outer(gate, unit));
        Gradients.Add(weights.Up.Weight, () => Gradients.Outer(up, unit));
        var normed = addmm(up.flatten(0, 1).mm(k.Up), gate.flatten(0, 1), k.Gate, 1, 1).view(gradient.shape);
        return MixedNorm.Backward(k.Attended, k.MlpScale, weights.MlpNorm, normed).add_(gradient).alias().MoveToOuterDisposeScope();
    }

    /// <summary>The gradients of query, key and value before they were turned.</summary>
    private (Tensor Query, Tensor Key, Tensor Value) AttentionBackward(Kept k, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        Gradients.Add(weights.Output.Weight, () => Gradients.Outer(gradient, k.Mixed.detach()));
        var mixed = gradient.matmul(k.Output);
        if (k.Attention is { } attention)
        {
            var (query, key, value) = attention.Backward(context.Kernels, mixed);
            return (TurnBack(query).MoveToOuterDisposeScope(), TurnBack(key).MoveToOuterDisposeScope(), value.MoveToOuterDisposeScope());
        }

        k.Mixed.backward([mixed]);
        return (TurnBack(k.Query!.grad!).MoveToOuterDisposeScope(), TurnBack(k.Key!.grad!).MoveToOuterDisposeScope(), k.Value!.grad!.alias().MoveToOuterDisposeScope());
    }

    private void ProjectionGradients(Tensor joint, Tensor unit)
    {
        if (!weights.QueryKeyValue.Any(m => m.Weight.requires_grad || m.Bias is { requires_grad: true }))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var all = Gradients.Outer(joint, unit); // [rows, hidden]
        var biases = weights.QueryKeyValue[0].Bias is null ? null : Gradients.Rows(joint);
        var row = 0L;
        foreach (var map in weights.QueryKeyValue)
        {
            var (from, rows) = (row, map.Weight.shape[0]);
            Gradients.Add(map.Weight, () => all.narrow(0, from, rows));
            if (map.Bias is not null)
            {
                Gradients.Add(map.Bias, () => biases!.narrow(0, from, rows));
            }

            row += rows;
        }
    }

    /// <summary>What the gradients need, bfloat16.</summary>
    private sealed class Kept : IDisposable
    {
        public required Tensor QueryKeyValue, Output, Gate, Up, Down, AttentionNorm, MlpNorm, AttentionScale;

        public Tensor Mixed = null!, Attended = null!, MlpScale = null!, GateOut = null!, UpOut = null!;

        /// <summary>Leaves of the fused operator's graph.</summary>
        public Tensor? Query, Key, Value;

        public CausalAttention? Attention;

        private IEnumerable<Tensor> All => new[]
        {
            QueryKeyValue, Output, Gate, Up, Down, AttentionNorm, MlpNorm, AttentionScale, Mixed, Attended, MlpScale, GateOut, UpOut, Query, Key, Value,
        }.OfType<Tensor>();

        public void Detach()
        {
            foreach (var tensor in All)
            {
                tensor.DetachFromDisposeScope();
            }
        }

        public void Dispose()
        {
            foreach (var tensor in All)
            {
                tensor.Dispose();
            }

            Attention?.Dispose();
        }
    }
}
