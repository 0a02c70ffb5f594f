using TorchSharp;

namespace Fovea.Models.MixedPrecision;

/// <summary>Operators that TorchSharp does not bind, called through one constant TorchScript.</summary>
internal sealed class MixedKernels : IDisposable
{
    // 15 is bfloat16. The text ends in an empty line: the parser asks for it.
    private const string Script = """
        def silu_gradient(gradient: Tensor, x: Tensor) -> Tensor:
            return torch.silu_backward(gradient, x)

        def softmax_gradient(gradient: Tensor, output: Tensor) -> Tensor:
            return torch._softmax_backward_data(gradient, output, -1, 15)

        """;

    private readonly torch.jit.CompilationUnit _unit = torch.jit.compile(Script);

    /// <summary>The gradient of x under SiLU, from that of its output.</summary>
    public torch.Tensor SiluGradient(torch.Tensor gradient, torch.Tensor x) => Call("silu_gradient", gradient, x);

    /// <summary>The gradient of what went into a softmax over the last axis, bfloat16, from the softmax and the gradient of it.</summary>
    public torch.Tensor SoftmaxGradient(torch.Tensor gradient, torch.Tensor output) => Call("softmax_gradient", gradient, output);

    public void Dispose() => _unit.Dispose();

    private torch.Tensor Call(string function, torch.Tensor x, torch.Tensor y)
    {
        var result = (torch.Tensor)_unit.invoke(function, x, y)!;
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        return result;
    }
}
