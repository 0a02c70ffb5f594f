using System.Reflection;
using System.Runtime.InteropServices;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Pipeline.Stages;

/// <summary>Versions that a manifest records.</summary>
public static class BuildVersions
{
    private const int CommitDigits = 8;

    /// <summary>Fovea, .NET, TorchSharp and libtorch, by name.</summary>
    public static SortedDictionary<string, string> All() => new(StringComparer.Ordinal)
    {
        ["fovea"] = Fovea,
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["libtorch"] = TorchRuntime.LibTorchPackage,
        ["torchsharp"] = typeof(torch).Assembly.GetName().Version!.ToString(3),
    };

    /// <summary>This build's version, and enough of the commit to find it.</summary>
    public static string Abbreviated => Fovea.IndexOf('+', StringComparison.Ordinal) is >= 0 and var commit
        ? Fovea[..Math.Min(Fovea.Length, commit + 1 + CommitDigits)] : Fovea;

    /// <summary>This build's version and commit.</summary>
    public static string Fovea =>
        typeof(BuildVersions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
