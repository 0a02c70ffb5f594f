using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Torch.Native;

/// <summary>
/// Lets TorchSharp's native shim load on hosts whose libstdc++ predates GCC 13.
/// The shim asks for version GLIBCXX_3.4.32 only because of one undefined symbol that no relocation uses, so the requirement
/// can be marked weak in a copy in memory. Nothing happens where the shim loads as shipped: the runtime raises
/// <see cref="AssemblyLoadContext.ResolvingUnmanagedDll"/> only after its own probing has failed.
/// </summary>
internal sealed partial class LibTorchSharpCompat
{
    private const string Shim = "LibTorchSharp", ShimFile = "libLibTorchSharp.so", InitSymbol = "_ZSt21ios_base_library_initv";
    private const uint CloseOnExec = 1;

    private readonly Lock _gate = new();
    private IntPtr _handle;

    /// <summary>What was done to load the shim, in words.</summary>
    public string State { get; private set; } = "loaded as shipped";

    /// <summary>Begins to listen for native libraries that the runtime cannot load by itself.</summary>
    public void Register()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var context = AssemblyLoadContext.GetLoadContext(typeof(LibTorchSharpCompat).Assembly) ?? AssemblyLoadContext.Default;
        context.ResolvingUnmanagedDll += Resolve;
        if (context != AssemblyLoadContext.Default)
        {
            AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
        }
    }

    private static bool HostIsNewEnough() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out var h) && NativeLibrary.TryGetExport(h, InitSymbol, out _);

    private IntPtr Resolve(Assembly asking, string name)
    {
        if (name is not (Shim or ShimFile or "lib" + Shim))
        {
            return 0;
        }

        lock (_gate)
        {
            if (_handle != 0)
            {
                return _handle;
            }

            if (HostIsNewEnough() || Find(ShimFile, asking) is not { } file)
            {
                return 0;
            }

            var image = File.ReadAllBytes(file);
            var weakened = ElfVersions.WeakenUnused(image, "libstdc++.so.6", InitSymbol);
            if (weakened.Count == 0)
            {
                return 0;
            }

            // The copy has no folder of its own ($ORIGIN), so what it needs must be loaded first; DT_NEEDED then matches by SONAME.
            foreach (var dependency in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" })
            {
                if (Find(dependency, asking) is { } path)
                {
                    NativeLibrary.Load(path);
                }
            }

            _handle = LoadImage(image);
            State = $"adapted in memory to this machine's older libstdc++ ({string.Join(", ", weakened)}); nothing needs to be done";
            return _handle;
        }
    }

    private static string? Find(string file, Assembly asking)
    {
        var folders = ((string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (var root in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(asking.Location) })
        {
            if (!string.IsNullOrEmpty(root))
            {
                folders.Add(root);
                folders.Add(Path.Combine(root, "runtimes", "linux-x64", "native"));
            }
        }

        return folders.Select(d => Path.Combine(d, file)).FirstOrDefault(File.Exists);
    }

    private static IntPtr LoadImage(byte[] image)
    {
        var fd = MemfdCreate(ShimFile, CloseOnExec);
        if (fd >= 0)
        {
            using var handle = new SafeFileHandle(fd, ownsHandle: true);
            RandomAccess.Write(handle, image, 0);
            if (NativeLibrary.TryLoad($"/proc/self/fd/{fd}", out var library))
            {
                return library;
            }
        }

        var aside = Path.Combine(Path.GetTempPath(), $"libLibTorchSharp-{Guid.NewGuid():N}.so"); // no memfd, or sealed noexec
        try
        {
            File.WriteAllBytes(aside, image);
            return NativeLibrary.Load(aside);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);
}
