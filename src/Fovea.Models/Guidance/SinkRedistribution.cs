using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>VAR in one batch; see <see cref="VarMethod"/>. The first two layers, where no sink has formed yet, and the last one keep their attention.</summary>
internal sealed class SinkRedistribution(PromptRows rows, VarMethod method, int numLayers) : BatchAttention(rows)
{
    /// <summary>The first layer that is changed.</summary>
    public const int FirstLayer = 2;

    private const double Epsilon = 1e-6; // of the root mean square, as in the norms

    private readonly Tensor?[] _dimensions = new Tensor?[numLayers]; // [rows, hidden]: which are sink dimensions
    private readonly Tensor?[] _sinks = new Tensor?[numLayers]; // [rows, keys]: which tokens are sinks
    private readonly Tensor?[] _added = new Tensor?[numLayers]; // [rows, queries]: the same of the tokens that a pass brings
    private Tensor _first = tensor(rows.Lengths.Select(length => (long)rows.Longest - length).ToArray(), device: rows.Device).DetachFromDisposeScope(); // [rows]

    public override bool Reads(int layer) => layer >= FirstLayer && layer < numLayers - 1;

    public override void OnInput(int layer, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var activation = hidden.abs() / hidden.Squared().mean([-1], keepdim: true).Plus(Epsilon).sqrt(); // [rows, queries, hidden]
        var tau = tensor((float)method.Tau, device: hidden.device);
        if (_dimensions[layer] is null)
        {
            var starts = TensorNumbers.Range(0, hidden.shape[0] * hidden.shape[1], hidden.shape[1], device: hidden.device); // [rows]
            var first = activation.flatten(0, 1).index_select(0, starts.Plus(_first)); // [rows, hidden]
            Hold(ref _dimensions[layer], method.Sinks is { } given ? Given(given, first) : first.ge(tau));
        }

        var among = activation * _dimensions[layer]!.unsqueeze(1).to(activation.dtype);
        Hold(ref _added[layer], among.amax([-1]).ge(tau).logical_and(_dimensions[layer]!.any(-1, true)));
    }

    public override Tensor OnWeights(int layer, Tensor weights)
    {
        var (queries, keys) = (weights.shape[2], weights.shape[3]);
        var added = _added[layer]!;
        Hold(ref _sinks[layer], added.shape[1] == keys ? added.alias() : cat([_sinks[layer]!, added], 1));
        var type = weights.dtype;
        var sinks = _sinks[layer]!.view(-1, 1, 1, keys); // [rows, 1, 1, key]
        var image = ImageKeys(keys).view(-1, 1, 1, keys);
        var open = image.logical_and(sinks.logical_not()).to(type);
        Tensor Mass(Tensor keysOf) => (weights * keysOf).sum(-1, keepdim: true); // [rows, heads, query, 1]
        var (onImage, onOpen) = (Mass(image.to(type)), Mass(open));
        var centric = onImage.ge(tensor((float)VarMethod.LeastOnImage, device: weights.device))
            .logical_and(onOpen.ge(onImage.Times(method.Rho)))
            .logical_and(onOpen.gt(zeros_like(onOpen)))
            .logical_and(QueriesBehindImages(queries, keys).view(-1, 1, queries, 1));
        var budget = Mass(sinks.to(type)).Times(method.P); // [rows, heads, query, 1]
        var moved = (weights * ones_like(sinks, type).Plus(sinks.to(type).Times(-method.P))).Plus(weights * open * (budget / onOpen));
        return where(centric, moved, weights);
    }

    public override void SelectRows(Tensor rows)
    {
        base.SelectRows(rows);
        Select(ref _first, rows);
        foreach (var held in new[] { _dimensions, _sinks, _added })
        {
            for (var layer = 0; layer < held.Length; layer++)
            {
                if (held[layer] is { } some)
                {
                    Select(ref some, rows);
                    held[layer] = some;
                }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _first.Dispose();
        foreach (var held in _dimensions.Concat(_sinks).Concat(_added))
        {
            held?.Dispose();
        }
    }

    private static Tensor Given(IReadOnlyList<int> dimensions, Tensor like)
    {
        var width = (int)like.shape[1];
        if (dimensions.FirstOrDefault(d => d >= width, -1) is >= 0 and var beyond)
        {
            throw new FoveaException($"decoding by var: sink dimension {beyond} of a decoder whose hidden size is {width}; expected 0 to {width - 1}");
        }

        return tensor(Enumerable.Range(0, width).Select(dimensions.Contains).ToArray(), device: like.device).unsqueeze(0).expand(like.shape);
    }

    private static void Hold(ref Tensor? held, Tensor by)
    {
        by = by.DetachFromDisposeScope();
        held?.Dispose();
        held = by;
    }
}
