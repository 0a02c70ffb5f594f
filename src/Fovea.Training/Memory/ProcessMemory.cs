using System.Diagnostics;
using Fovea.Torch;

namespace Fovea.Training.Memory;

/// <summary>Resident memory of this process, in bytes.</summary>
internal static class ProcessMemory
{
    /// <summary>Now.</summary>
    public static long Resident() => MemoryLimits.OfProcess("VmRSS") ?? Environment.WorkingSet;

    /// <summary>The most so far.</summary>
    public static long Peak()
    {
        if (MemoryLimits.OfProcess("VmHWM") is { } peak)
        {
            return peak;
        }

        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    /// <summary>Lets <see cref="Peak"/> count from now on; false where the system does not offer it.</summary>
    public static bool TryResetPeak()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
