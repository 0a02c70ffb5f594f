using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using TorchSharp;

namespace Fovea.Torch;

/// <summary>One thing looked at.</summary>
/// <param name="What">Its name.</param>
/// <param name="Found">What was found, in words.</param>
/// <param name="Fine">Whether that is as it should be.</param>
public sealed record MachineFinding(string What, string Found, bool Fine);

/// <summary>What the machine offers a run.</summary>
public static class MachineReport
{
    /// <summary>Looks at libtorch, threads, bf16, memory, ICU and GPU. <see cref="TorchRuntime.Start"/> must have run.</summary>
    public static IReadOnlyList<MachineFinding> Examine()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        var cuda = torch.cuda.is_available();
        var normalises = "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9";
        return
        [
            new("libtorch", $"{torch.__version__}, {TorchRuntime.LoadState}", AddsUp()),
            new("threads", $"{torch.get_num_threads()} of {Environment.ProcessorCount} processors", true),
            new("bf16", HasFastBf16() ? "the processor multiplies bf16" : "no bf16 instructions seen; f32 is as fast or faster", true),
            new("memory", $"{memory.ToString("0.0", CultureInfo.InvariantCulture)} GiB", memory >= 4),
            new("ICU", normalises ? "NFC normalisation works" : "NFC normalisation does nothing: install libicu", normalises),
            new("GPU", cuda ? $"{torch.cuda.device_count()} CUDA device(s), used where --device cuda asks for them"
                : $"none seen by {TorchRuntime.LibTorchPackage}; models compute on the CPU", true),
            new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}", true),
        ];
    }

    private static bool AddsUp()
    {
        using var scope = torch.NewDisposeScope();
        return torch.ones(2, 2).sum().item<float>() == 4f;
    }

    // .NET has no flag of its own for AVX512_BF16: CPUID leaf 7, sub-leaf 1, EAX bit 5.
    private static bool HasFastBf16() => X86Base.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
}
