using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Kernels;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>
/// A decoder block of a training step in bfloat16 over float32 masters, which computes its gradients itself: weights are cast once a pass, activations stay
/// in bfloat16, and what is cheap to compute again (norms, the MLP's product) is not kept. Of one forward and one backward pass; owns what it keeps between
/// them.
/// </summary>
/// <param name="config">Shape.</param>
/// <param name="layer">Which block.</param>
/// <param name="weights">Its parameters; no adapters, no biases but those of query, key and value.</param>
/// <param name="context">Rotations and masks.</param>
/// <param name="keeps">False: keep the input only, and run again before the gradients (gradient checkpointing).</param>
internal sealed class MixedBlock(DecoderConfig config, int layer, BlockWeights weights, MixedContext context, bool keeps) : IDisposable
{
    private Tensor? _input;
    private MixedActivations? _kept;

    private IEnumerable<Tensor> Parameters => weights.Linears
        .SelectMany(m => m.Bias is null ? (Tensor[])[m.Weight] : [m.Weight, m.Bias]).Concat([weights.AttentionNorm, weights.MlpNorm]);

    /// <summary>Whether a parameter of it requires a gradient.</summary>
    public bool IsTrained => Parameters.Any(p => p.requires_grad);

    /// <summary>Whether a block of this shape and state can be run so.</summary>
    public static bool Supports(DecoderConfig config, BlockWeights weights) => !DecoderBlock.JoinsProjections(config) && !config.OutputBias && !config.MlpBias
        && weights.Linears.All(m => m.Adapter is null && m.Weight.dtype == ScalarType.Float32);

    /// <summary>Runs without recording: <c>[batch, seq, hidden]</c> -> the same.</summary>
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

    /// <summary>Adds the parameters' gradients, and gives that of the input.</summary>
    /// <param name="gradient">Of the output.</param>
    /// <param name="wantsInput">Whether the input's gradient is needed.</param>
    /// <returns>Of the input; null if not wanted.</returns>
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
        var joint = AttentionBackward(k, attended); // [batch, seq, rows]
        JointGradients(weights.QueryKeyValue, joint, NormKernel.Recompute(x, k.AttentionScale, weights.AttentionNorm));
        Tensor? result = null;
        if (wantsInput || weights.AttentionNorm.requires_grad)
        {
            (result, var norm) = NormKernel.Backward(x, k.AttentionScale, weights.AttentionNorm, joint.matmul(k.QueryKeyValue), attended);
            Gradients.Add(weights.AttentionNorm, () => norm);
            result.MoveToOuterDisposeScope();
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

    private HeadShape Shape => new(config.NumHeads, config.NumKeyValueHeads, config.HeadDim);

    private IReadOnlyList<Linear> GateUp => [weights.Gate, weights.Up];

    private (Tensor Output, MixedActivations Kept) Run(Tensor x)
    {
        using var scope = NewDisposeScope();
        var low = ScalarType.BFloat16;
        var joint = Joined(weights.QueryKeyValue); // [rows, hidden]
        var bias = weights.QueryKeyValue[0].Bias is null ? null : cat([.. weights.QueryKeyValue.Select(m => m.Bias!.to(low))], 0);
        var (unit, scale) = NormKernel.Forward(x, weights.AttentionNorm, config.RmsNormEps);
        var k = new MixedActivations
        {
            QueryKeyValue = joint,
            Output = weights.Output.Weight.to(low),
            GateUp = Joined(GateUp),
            Down = weights.Down.Weight.to(low),
            AttentionScale = scale,
        };
        k.Attention = Attend(nn.functional.linear(unit, joint, bias!));
        k.Attended = nn.functional.linear(k.Attention.Output, k.Output);
        (unit, k.MlpScale) = NormKernel.ForwardSum(x, k.Attended, weights.MlpNorm, config.RmsNormEps); // attended is the sum from here on
        k.GateUpOut = nn.functional.linear(unit, k.GateUp);
        var output = nn.functional.linear(GateKernel.Forward(k.GateUpOut), k.Down).AddInPlace(k.Attended);
        k.Detach();
        return (output.MoveToOuterDisposeScope(), k);
    }

    /// <summary>Weights one below the other, in bfloat16: <c>[rows, in]</c>.</summary>
    private static Tensor Joined(IReadOnlyList<Linear> maps)
    {
        var joint = empty([maps.Sum(m => m.Weight.shape[0]), maps[0].Weight.shape[1]], ScalarType.BFloat16, maps[0].Weight.device);
        var row = 0L;
        foreach (var map in maps)
        {
            joint.narrow(0, row, map.Weight.shape[0]).copy_(map.Weight);
            row += map.Weight.shape[0];
        }

        return joint;
    }

    private CausalAttention Attend(Tensor joint)
    {
        var (query, key, value) = HeadKernel.Split(joint, context.Rotation, Shape, Shape.Scale);
        return new CausalAttention(context.Pieces, config.NumHeads, context.Masks.Of(config.WindowOf(layer)), query, key, value);
    }

    /// <summary>The gradient of the residual stream between attention and MLP.</summary>
    private Tensor MlpBackward(MixedActivations k, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var (gateUp, product) = GateKernel.Backward(gradient.matmul(k.Down), k.GateUpOut); // [batch, seq, 2 * intermediate] and half of it
        Gradients.Add(weights.Down.Weight, () => Gradients.Outer(gradient, product));
        JointGradients(GateUp, gateUp, NormKernel.Recompute(k.Attended, k.MlpScale, weights.MlpNorm));
        var (input, norm) = NormKernel.Backward(k.Attended, k.MlpScale, weights.MlpNorm, gateUp.matmul(k.GateUp), gradient);
        Gradients.Add(weights.MlpNorm, () => norm);
        return input.MoveToOuterDisposeScope();
    }

    /// <summary>The gradient of the joint projection: <c>[batch, seq, rows]</c>.</summary>
    private Tensor AttentionBackward(MixedActivations k, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        Gradients.Add(weights.Output.Weight, () => Gradients.Outer(gradient, k.Attention.Output));
        var (query, key, value) = k.Attention.Backward(gradient.matmul(k.Output));
        return HeadKernel.Join(query, key, value, context.Rotation, Shape, Shape.Scale).MoveToOuterDisposeScope();
    }

    /// <summary>Gradients of maps that one product computes, from that of their outputs side by side.</summary>
    private static void JointGradients(IReadOnlyList<Linear> maps, Tensor joint, Tensor unit)
    {
        if (!maps.Any(m => m.Weight.requires_grad || m.Bias is { requires_grad: true }))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var all = Gradients.Outer(joint, unit); // [rows, hidden]
        var biases = maps[0].Bias is null ? null : Gradients.Rows(joint);
        var row = 0L;
        foreach (var map in maps)
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
}
