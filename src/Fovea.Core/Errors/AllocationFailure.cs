using System.Runtime.InteropServices;

namespace Fovea.Core.Errors;

/// <summary>Tells a lack of memory, managed or libtorch's, from other failures, and makes one line of it.</summary>
/// <remarks>
/// Only what is thrown on the calling thread, and caught by TorchSharp, arrives here. An allocation that fails on a thread of libtorch's, or in code that
/// throws <c>std::bad_alloc</c>, ends the process (docs/decisions/0027-memory.md): plans are checked first for that reason.
/// </remarks>
public static class AllocationFailure
{
    // What libtorch's CPU and CUDA allocators say, and the C++ library.
    private static readonly string[] Phrases = ["not enough memory", "can't allocate memory", "out of memory", "bad_alloc", "bad alloc"];

    /// <summary>Whether it is one.</summary>
    public static bool Is(Exception e) => e is OutOfMemoryException or InsufficientMemoryException ||
        (e is ExternalException && Array.Exists(Phrases, p => e.Message.Contains(p, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The failure as one line for a person.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="where">What was being done.</param>
    /// <param name="advice">What to do.</param>
    public static FoveaException ToError(Exception e, string where, string advice) => new($"{where}: not enough memory ({FirstLine(e.Message)}); {advice}", e);

    // Native libraries append their stack to the message.
    internal static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];
}
