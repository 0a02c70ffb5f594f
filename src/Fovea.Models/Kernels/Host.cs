using System.Runtime.CompilerServices;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Kernels;

/// <summary>Tensors in the processor's memory, read and written in place, and loops over their rows on libtorch's number of threads.</summary>
internal static unsafe class Host
{
    /// <summary>For loops over numbers: compiled with all optimisations at the first call, not after some hundred.</summary>
    public const MethodImplOptions Optimized = MethodImplOptions.AggressiveOptimization;

    private static readonly Workers Workers = new();

    /// <summary>Whether kernels can read a tensor: bfloat16, contiguous, in the processor's memory.</summary>
    public static bool Holds(torch.Tensor x) => x.device_type == DeviceType.CPU && x.dtype == torch.ScalarType.BFloat16 && x.is_contiguous();

    /// <summary>Whether kernels can read a tensor whose rows must be of whole vectors.</summary>
    public static bool HoldsWhole(torch.Tensor x) => Holds(x) && Kernels.Brain.IsWhole(x.shape[^1]);

    /// <summary>Where in memory a contiguous tensor begins; null if it has no elements. Valid as long as the tensor is kept alive.</summary>
    public static T* Pointer<T>(torch.Tensor x)
        where T : unmanaged => (T*)TensorBytes.Address(x);

    /// <summary>Bfloat16 numbers of a tensor.</summary>
    public static ushort* Brain(torch.Tensor x) => Pointer<ushort>(x);

    /// <summary>
    /// Runs <paramref name="body"/> over [0, count) in pieces of <paramref name="grain"/>, whatever the number of threads; pieces are taken by whichever thread is free.
    /// </summary>
    public static void Loop(long count, long grain, Action<long, long> body) =>
        Workers.Run((int)Math.Min(torch.get_num_threads(), (count + grain - 1) / grain), count, grain, body);

    /// <summary>Rows of a width that keep a thread busy for some ten microseconds at least.</summary>
    public static long Grain(long width) => Math.Max(1, (1 << 16) / Math.Max(1, width));
}
