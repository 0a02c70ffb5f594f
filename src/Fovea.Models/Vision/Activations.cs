using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>Activation functions under their names in Transformers: those of <see cref="Configs.VisionConfig.ActivationNames"/>.</summary>
internal static class Activations
{
    public static Tensor Apply(string name, Tensor x) => name switch
    {
        "quick_gelu" => x * x.Times(1.702).sigmoid_(),
        "gelu" => nn.functional.gelu(x),
        "gelu_pytorch_tanh" or "gelu_new" => nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        "relu" => nn.functional.relu(x),
        "silu" => nn.functional.silu(x),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not an activation"),
    };
}
