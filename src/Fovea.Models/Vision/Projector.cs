using Fovea.Models.Decoders;
using Fovea.Models.Parameters;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>LLaVA-1.5's two-layer MLP from tower to decoder (arXiv 2310.03744, section 3.3).</summary>
public sealed class Projector
{
    private readonly Linear _first, _second;

    /// <summary>Takes parameters by their names.</summary>
    /// <param name="parameters">Holds them.</param>
    /// <param name="prefix">Before each name: <c>model.multi_modal_projector.</c>.</param>
    /// <param name="bias">Whether the maps have biases.</param>
    public Projector(ParameterSet parameters, string prefix, bool bias)
    {
        Linear Map(string name) => new(parameters[$"{prefix}{name}.weight"], bias ? parameters[$"{prefix}{name}.bias"] : null);
        _first = Map("linear_1");
        _second = Map("linear_2");
    }

    /// <summary>Types of the matrix products.</summary>
    public MatmulPolicy Policy { get; set; } = MatmulPolicy.F32;

    /// <summary><c>[..., tower hidden]</c> -> <c>[..., hidden]</c>.</summary>
    public Tensor Forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        return _second.Forward(nn.functional.gelu(_first.Forward(features, Policy.Mlp)), Policy.Mlp).MoveToOuterDisposeScope();
    }

    /// <summary>Names, shapes and initial values, in order.</summary>
    internal static IEnumerable<ParameterSpec> Specs(long from, long to, bool bias, double std, string prefix)
    {
        foreach (var (name, columns) in new[] { ("linear_1", from), ("linear_2", to) })
        {
            yield return new ParameterSpec($"{prefix}{name}.weight", [to, columns], Initial.Normal(std));
            if (bias)
            {
                yield return new ParameterSpec($"{prefix}{name}.bias", [to], Initial.Zero);
            }
        }
    }
}
