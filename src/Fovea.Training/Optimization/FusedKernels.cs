using Fovea.Torch;
using TorchSharp;

namespace Fovea.Training.Optimization;

/// <summary>
/// The many-tensor kernels that TorchSharp does not bind, called through one constant TorchScript. One call costs microseconds, whatever the number of tensors.
/// </summary>
internal sealed class FusedKernels : IDisposable
{
    // Each function returns something, and the text ends in an empty line: the parser asks for both. Numbers travel in a float64 tensor.
    private const string Script = """
        def adamw(params: List[Tensor], grads: List[Tensor], exp_avgs: List[Tensor], exp_avg_sqs: List[Tensor], steps: List[Tensor], numbers: Tensor) -> int:
            torch._foreach_add_(steps, 1.0)
            lr, beta1, beta2, weight_decay, eps = float(numbers[0]), float(numbers[1]), float(numbers[2]), float(numbers[3]), float(numbers[4])
            torch._fused_adamw_(params, grads, exp_avgs, exp_avg_sqs, [], steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)
            return 0

        def adamw_scaled(params: List[Tensor], grads: List[Tensor], exp_avgs: List[Tensor], exp_avg_sqs: List[Tensor], steps: List[Tensor], numbers: Tensor, divisor: Tensor) -> int:
            torch._foreach_add_(steps, 1.0)
            lr, beta1, beta2, weight_decay, eps = float(numbers[0]), float(numbers[1]), float(numbers[2]), float(numbers[3]), float(numbers[4])
            torch._fused_adamw_(params, grads, exp_avgs, exp_avg_sqs, [], steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False, grad_scale=divisor)
            return 0

        def norm(grads: List[Tensor]) -> Tensor:
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(grads)))

        def average(averages: List[Tensor], params: List[Tensor], numbers: Tensor) -> int:
            torch._foreach_lerp_(averages, params, float(numbers[0]))
            return 0

        """;

    private readonly torch.jit.CompilationUnit _unit = torch.jit.compile(Script);

    /// <summary>One AdamW update in place; the steps advance by one first.</summary>
    /// <param name="t">What is updated, and from what.</param>
    /// <param name="learningRate">Of this update.</param>
    /// <param name="weightDecay">Decoupled.</param>
    /// <param name="s">Constants.</param>
    /// <param name="gradientScale">What gradients are multiplied by, in the same pass over memory.</param>
    public void AdamW(AdamWTensors t, double learningRate, double weightDecay, AdamWSettings s, double gradientScale = 1)
    {
        using var numbers = torch.tensor(new[] { learningRate, s.Beta1, s.Beta2, weightDecay, s.Eps });
        if (gradientScale == 1)
        {
            _unit.Run("adamw", t.Parameters, t.Gradients, t.FirstMoments, t.SecondMoments, t.Steps, numbers);
            return;
        }

        using var divisor = torch.tensor(new[] { (float)(1 / gradientScale) }, device: t.Parameters[0].device);
        _unit.Run("adamw_scaled", t.Parameters, t.Gradients, t.FirstMoments, t.SecondMoments, t.Steps, numbers, divisor);
    }

    /// <summary>Euclidean norm over all tensors.</summary>
    public double Norm(torch.Tensor[] tensors)
    {
        using var norm = _unit.Tensor("norm", [tensors]);
        return norm.ToNumber();
    }

    /// <summary>averages += share * (parameters - averages), in place.</summary>
    public void Average(torch.Tensor[] averages, torch.Tensor[] parameters, double share)
    {
        using var numbers = torch.tensor(new[] { share });
        _unit.Run("average", averages, parameters, numbers);
    }

    public void Dispose() => _unit.Dispose();
}

/// <summary>Tensors of one update, aligned by index.</summary>
internal sealed record AdamWTensors(
    torch.Tensor[] Parameters, torch.Tensor[] Gradients, torch.Tensor[] FirstMoments, torch.Tensor[] SecondMoments, torch.Tensor[] Steps);
