using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Torch.Native;
using TorchSharp;

namespace Fovea.Torch;

/// <summary>
/// Process-wide settings that must be made before libtorch loads, and its loading. Each entry point calls <see cref="Start"/> first.
/// </summary>
public static partial class TorchRuntime
{
    private const int MmapThreshold = -3, TrimThreshold = -1, TopPad = -2;
    private const int MostOfReason = 200;
    private static readonly LibTorchSharpCompat Compat = new();

    /// <summary>How the native shim was loaded, in words.</summary>
    public static string LoadState => Compat.State;

    /// <summary>The libtorch package that this was built with, known without loading it.</summary>
    public static string LibTorchPackage { get; } = typeof(TorchRuntime).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "LibTorch").Value!;

    /// <summary>Loads libtorch and sets its thread count. Safe to call more than once.</summary>
    /// <param name="numThreads">Threads for one operation; at least 1.</param>
    /// <exception cref="FoveaException">It cannot be loaded.</exception>
    public static void Start(int numThreads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numThreads, 1);
        lock (Compat) // libtorch ends the process if its inter-op threads are set twice
        {
            try
            {
                torch.set_num_threads(numThreads);
                if (torch.get_num_interop_threads() != 1)
                {
                    torch.set_num_interop_threads(1);
                }
            }
            catch (Exception e) when (e is TypeInitializationException or DllNotFoundException)
            {
                var reason = e.GetBaseException().Message.ReplaceLineEndings("\n").Split('\n')[0].TrimEnd('.');
                throw new FoveaException(
                    $"libtorch cannot be loaded ({reason[..Math.Min(reason.Length, MostOfReason)]}); it needs some GB of address space and 100 open files: see "
                        + $"ulimit -v, -d and -n", e);
            }
        }
    }

    /// <summary>Gives memory that was freed, and that the allocator keeps for later, back to the system. What is resident then is what is in use.</summary>
    public static void Trim()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = MallocTrim(0);
        }
    }

    // A module initializer, because the settings must precede the first touch of libtorch by anyone in the process.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        if (OperatingSystem.IsLinux())
        {
            // Spinning OpenMP threads starve each other on shared cores; fresh pages cost more than keeping memory.
            _ = SetEnv("GOMP_SPINCOUNT", "0", 0);
            _ = MallOpt(MmapThreshold, int.MaxValue);
            _ = MallOpt(TrimThreshold, int.MaxValue);
            _ = MallOpt(TopPad, 64 << 20);
        }

        Compat.Register();
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
