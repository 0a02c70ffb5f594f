using Fovea.Torch;
using Fovea.Training.Memory;

namespace Fovea.Verification.Benches;

/// <summary>
/// How much more memory a step takes at its widest than before it, in MiB of resident memory; null where the system does not tell (other than Linux).
/// </summary>
internal static class StepMemory
{
    private const double Mib = 1 << 20;

    /// <summary>Runs the step once more, untimed.</summary>
    public static double? Peak(Action step)
    {
        TorchRuntime.Trim();
        var before = ProcessMemory.Resident();
        if (!ProcessMemory.TryResetPeak())
        {
            return null;
        }

        step();
        return (ProcessMemory.Peak() - before) / Mib;
    }
}
