using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>From tower to decoder: linear maps with an activation between them; two in LLaVA-1.5 (arXiv 2310.03744, section 3.3), one in LLaVA.</summary>
public sealed class Projector
{
    private readonly Linear[] _maps;
    private readonly string _activation;

    /// <summary>Takes parameters by their names.</summary>
    /// <param name="parameters">Holds them, under <c>linear_1</c>, <c>linear_2</c> and so on.</param>
    /// <param name="prefix">Before each name: <c>model.multi_modal_projector.</c>.</param>
    /// <param name="depth">Number of maps.</param>
    /// <param name="activation">Between them, under its name in Transformers.</param>
    /// <param name="bias">Whether the maps have biases.</param>
    public Projector(ParameterSet parameters, string prefix, int depth, string activation, bool bias)
    {
        _activation = activation;
        _maps = [.. Enumerable.Range(1, depth).Select(i => new Linear(parameters, $"{prefix}linear_{i}", bias))];
    }

    /// <summary>Types of the matrix products.</summary>
    public MatmulPolicy Policy { get; set; } = MatmulPolicy.F32;

    /// <summary>The maps.</summary>
    internal IReadOnlyList<Linear> Linears => _maps;

    /// <summary><c>[..., tower hidden]</c> -> <c>[..., hidden]</c>.</summary>
    public Tensor Forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var x = _maps[0].Forward(features, Policy.Mlp);
        foreach (var map in _maps.Skip(1))
        {
            x = map.Forward(Activations.Apply(_activation, x), Policy.Mlp);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Names, shapes and initial values, in order.</summary>
    internal static IEnumerable<ParameterSpec> Specs(long from, long to, int depth, bool bias, double std, string prefix)
    {
        for (var i = 1; i <= depth; i++)
        {
            yield return new ParameterSpec($"{prefix}linear_{i}.weight", [to, i == 1 ? from : to], Initial.Normal(std));
            if (bias)
            {
                yield return new ParameterSpec($"{prefix}linear_{i}.bias", [to], Initial.Zero);
            }
        }
    }
}
