using System.Runtime.InteropServices;

namespace Fovea.Scoring;

/// <summary>Tells a lack of memory, managed or libtorch's, from other failures.</summary>
internal static class AllocationFailure
{
    // What libtorch's CPU and CUDA allocators say.
    private static readonly string[] Phrases = ["not enough memory", "can't allocate memory", "out of memory"];

    public static bool Is(Exception e) => e is OutOfMemoryException ||
        (e is ExternalException && Array.Exists(Phrases, p => e.Message.Contains(p, StringComparison.OrdinalIgnoreCase)));
}
