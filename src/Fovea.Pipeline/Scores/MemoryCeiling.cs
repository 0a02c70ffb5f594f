using System.Runtime.InteropServices;
using Fovea.Torch;

namespace Fovea.Pipeline.Scores;

/// <summary>
/// Holds the whole process to a limit of memory (<c>RLIMIT_DATA</c>), because DuckDB's own limit does not count everything: one value of 2 GB is outside it.
/// Beyond it allocations fail, and DuckDB says so. For a process that runs one query and ends.
/// </summary>
public static partial class MemoryCeiling
{
    private const int Data = 2; // RLIMIT_DATA of Linux
    private const long Slack = 1L << 30; // stacks, the collector's heap, what DuckDB keeps beside its limit

    /// <summary>From here on the process may take so much more than it has. Does nothing where there is no such limit.</summary>
    public static void Set(int memoryMib)
    {
        if (!OperatingSystem.IsLinux() || GetLimit(Data, out var limit) != 0)
        {
            return;
        }

        limit.Current = Math.Min(limit.Current, (ulong)((MemoryLimits.OfProcess("VmData") ?? 0) + ((long)memoryMib << 20) + Slack));
        _ = SetLimit(Data, ref limit); // a limit that cannot be set is DuckDB's alone
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ref Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Most;
    }
}
