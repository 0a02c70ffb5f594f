using TorchSharp;

namespace Fovea.Torch;

#pragma warning disable RS0030 // Tensors only, which are held; a number would be handed over as a scalar that is not.

/// <summary>
/// Calls into TorchScript with tensors and lists of tensors, which are kept alive until the call has returned. Numbers travel in a tensor:
/// TorchSharp makes scalars of them that nothing holds (docs/decisions/0004).
/// </summary>
public static class TensorScript
{
    /// <summary>Calls a function that gives a tensor.</summary>
    /// <param name="unit">Where the function is.</param>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">Tensors, and arrays of tensors.</param>
    public static torch.Tensor Tensor(this torch.jit.CompilationUnit unit, string function, params object[] arguments)
    {
        var result = (torch.Tensor)unit.invoke(function, Checked(arguments))!;
        KeepAlive(arguments);
        return result;
    }

    /// <summary>Calls a function that works in place and gives a number, which is dropped.</summary>
    /// <param name="unit">Where the function is.</param>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">Tensors, and arrays of tensors.</param>
    public static void Run(this torch.jit.CompilationUnit unit, string function, params object[] arguments)
    {
        (unit.invoke(function, Checked(arguments)) as IDisposable)?.Dispose();
        KeepAlive(arguments);
    }

    /// <summary>Calls a method that gives a tensor.</summary>
    /// <param name="module">Whose method.</param>
    /// <param name="method">Its name.</param>
    /// <param name="arguments">Tensors, and arrays of tensors.</param>
    public static torch.Tensor Tensor(this torch.jit.ScriptModule module, string method, params object[] arguments)
    {
        var result = (torch.Tensor)module.invoke(method, Checked(arguments))!;
        KeepAlive(arguments);
        return result;
    }

    private static object[] Checked(object[] arguments) => Array.TrueForAll(arguments, a => a is torch.Tensor or torch.Tensor[])
        ? arguments
        : throw new ArgumentException("expected tensors and arrays of tensors only", nameof(arguments));

    // An array keeps its elements alive.
    private static void KeepAlive(object[] arguments) => GC.KeepAlive(arguments);
}
