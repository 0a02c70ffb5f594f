using TorchSharp;

namespace Fovea.Training.Optimization;

/// <summary>
/// The many-tensor kernels that TorchSharp does not bind, called through one constant TorchScript. One call costs microseconds, whatever the number of tensors.
/// </summary>
internal sealed class FusedKernels : IDisposable
{
    // Each function returns something, and the text ends in an empty line: the parser asks for both.
    private const string Script = """
        def adamw(params: List[Tensor], grads: List[Tensor], exp_avgs: List[Tensor], exp_avg_sqs: List[Tensor], steps: List[Tensor], lr: float, beta1: float, beta2: float, weight_decay: float, eps: float) -> int:
            torch._foreach_add_(steps, 1.0)
            torch._fused_adamw_(params, grads, exp_avgs, exp_avg_sqs, [], steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)
            return 0

        def norm(grads: List[Tensor]) -> Tensor:
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(grads)))

        def scale(grads: List[Tensor], factor: float) -> int:
            torch._foreach_mul_(grads, factor)
            return 0

        """;

    private readonly torch.jit.CompilationUnit _unit = torch.jit.compile(Script);

    /// <summary>One AdamW update in place; the steps advance by one first.</summary>
    public void AdamW(AdamWTensors t, double learningRate, double weightDecay, AdamWSettings s) => Call(
        "adamw", t.Parameters, t.Gradients, t.FirstMoments, t.SecondMoments, t.Steps, learningRate, s.Beta1, s.Beta2, weightDecay, s.Eps);

    /// <summary>Euclidean norm over all tensors.</summary>
    public double Norm(torch.Tensor[] tensors)
    {
        using var norm = (torch.Tensor)_unit.invoke("norm", [tensors])!;
        return norm.ToDouble();
    }

    /// <summary>Multiplies all tensors in place.</summary>
    public void Scale(torch.Tensor[] tensors, double factor) => Call("scale", tensors, factor);

    public void Dispose() => _unit.Dispose();

    private void Call(string function, params object[] arguments) => (_unit.invoke(function, arguments) as IDisposable)?.Dispose();
}

/// <summary>Tensors of one update, aligned by index.</summary>
internal sealed record AdamWTensors(
    torch.Tensor[] Parameters, torch.Tensor[] Gradients, torch.Tensor[] FirstMoments, torch.Tensor[] SecondMoments, torch.Tensor[] Steps);
