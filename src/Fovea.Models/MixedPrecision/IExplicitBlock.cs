using static TorchSharp.torch;

namespace Fovea.Models.MixedPrecision;

/// <summary>A part of a model that computes its gradients itself. One forward and one backward pass; owns what it keeps between them.</summary>
internal interface IExplicitBlock : IDisposable
{
    /// <summary>Whether a parameter of it requires a gradient.</summary>
    bool IsTrained { get; }

    /// <summary>Runs without recording: <c>[batch, seq, hidden]</c> -> the same.</summary>
    Tensor Forward(Tensor x);

    /// <summary>Adds the parameters' gradients, and gives that of the input.</summary>
    /// <param name="gradient">Of the output.</param>
    /// <param name="wantsInput">Whether the input's gradient is needed.</param>
    /// <returns>Of the input; null if not wanted.</returns>
    Tensor? Backward(Tensor gradient, bool wantsInput);
}
