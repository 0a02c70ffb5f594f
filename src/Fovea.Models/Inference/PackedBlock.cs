using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Kernels;
using static TorchSharp.torch;

namespace Fovea.Models.Inference;

/// <summary>
/// A decoder block that only infers, in bfloat16: one product for query, key and value, one for gate and up, norms' weights multiplied into the products
/// behind them.
/// </summary>
internal sealed class PackedBlock : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly int _layer;
    private readonly PackedLinear _queryKeyValue, _output, _gateUp, _down;

    public PackedBlock(DecoderConfig config, int layer, BlockWeights weights, FusedProducts? products)
    {
        _config = config;
        _layer = layer;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        PackedLinear Joint(IReadOnlyList<Linear> maps, Tensor inputScale) => new(
            products, cat([.. maps.Select(m => m.Whole())], 0), maps[0].Bias is null ? null : cat([.. maps.Select(m => m.Bias!)], 0), inputScale);
        _queryKeyValue = Joint(weights.QueryKeyValue, weights.AttentionNorm);
        _output = new PackedLinear(products, weights.Output.Whole(), weights.Output.Bias);
        _gateUp = Joint([weights.Gate, weights.Up], weights.MlpNorm);
        _down = new PackedLinear(products, weights.Down.Whole(), weights.Down.Bias);
    }

    /// <summary>Runs the block. The residual stream comes and goes as two summands, so that their sum is made where it is normed.</summary>
    /// <param name="x">The stream before the last branch: bfloat16 <c>[tokens, hidden]</c>.</param>
    /// <param name="branch">The last branch's output, the same shape, overwritten; null before the first block.</param>
    /// <param name="context">What all blocks share.</param>
    /// <param name="wanted">Indices of the tokens whose output is wanted: <c>[wanted]</c>; null for all.</param>
    /// <returns>The same two after this block: <c>[tokens, hidden]</c>, or <c>[wanted, hidden]</c>.</returns>
    public (Tensor X, Tensor Branch) Forward(Tensor x, Tensor? branch, PackedContext context, Tensor? wanted = null)
    {
        using var scope = NewDisposeScope();
        var unit = Norm(ref x, branch);
        var mixed = Attend(unit, context);
        if (wanted is not null)
        {
            x = x.index_select(0, wanted);
            mixed = mixed.index_select(0, wanted);
        }

        unit = Norm(ref x, _output.Forward(mixed));
        return (x.MoveToOuterDisposeScope(), _down.Forward(GateKernel.Forward(_gateUp.Forward(unit))).MoveToOuterDisposeScope());
    }

    /// <summary>Adds a branch to the stream, and norms it; the norm's weight is in the product that follows.</summary>
    private Tensor Norm(ref Tensor x, Tensor? branch)
    {
        if (branch is null)
        {
            return NormKernel.Forward(x, null, _config.RmsNormEps).Output;
        }

        var unit = NormKernel.ForwardSum(x, branch, null, _config.RmsNormEps).Output;
        x = branch;
        return unit;
    }

    public void Dispose()
    {
        _queryKeyValue.Dispose();
        _output.Dispose();
        _gateUp.Dispose();
        _down.Dispose();
    }

    private Tensor Attend(Tensor x, PackedContext context)
    {
        var shape = new HeadShape(_config.NumHeads, _config.NumKeyValueHeads, _config.HeadDim);
        var (query, key, value) = HeadKernel.Split(_queryKeyValue.Forward(x).unsqueeze(0), context.Rotation, shape, 1); // [heads, tokens, dim]
        var mask = context.Masks.Of(_config.WindowOf(_layer));
        var rows = context.Rows.Select(r => r.Attend(query, key, value, mask)).ToArray();
        return rows.Length == 1 ? rows[0] : cat(rows);
    }
}
