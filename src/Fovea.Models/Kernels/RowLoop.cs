using System.Runtime.CompilerServices;
using TorchSharp;

namespace Fovea.Models.Kernels;

/// <summary>Loops over rows on libtorch's number of threads.</summary>
internal static class RowLoop
{
    /// <summary>For loops over numbers: compiled with all optimisations at the first call, not after some hundred.</summary>
    public const MethodImplOptions Optimized = MethodImplOptions.AggressiveOptimization;

    private static readonly Workers Workers = new();

    /// <summary>
    /// Runs <paramref name="body"/> over [0, count) in pieces of <paramref name="grain"/>, whatever the number of threads; pieces are taken by whichever
    /// thread is free.
    /// </summary>
    public static void Run(long count, long grain, Action<long, long> body) =>
        Workers.Run((int)Math.Min(torch.get_num_threads(), (count + grain - 1) / grain), count, grain, body);

    /// <summary>Rows of a width that keep a thread busy for some ten microseconds at least.</summary>
    public static long Grain(long width) => Math.Max(1, (1 << 16) / Math.Max(1, width));
}
