using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Kernels;

/// <summary>Tensors that kernels read and write where they are, in the processor's memory.</summary>
internal static unsafe class CpuTensor
{
    /// <summary>Whether kernels can read a tensor: bfloat16, contiguous, in the processor's memory.</summary>
    public static bool IsReadable(torch.Tensor x) => x.device_type == DeviceType.CPU && x.dtype == torch.ScalarType.BFloat16 && x.is_contiguous();

    /// <summary>Whether kernels can read a tensor whose rows must be of whole vectors.</summary>
    public static bool HasWholeVectors(torch.Tensor x) => IsReadable(x) && Bf16Vector.IsWhole(x.shape[^1]);

    /// <summary>Where in memory a contiguous tensor begins; null if it has no elements. Valid as long as the tensor is kept alive.</summary>
    public static T* Pointer<T>(torch.Tensor x)
        where T : unmanaged => (T*)TensorBytes.Address(x);

    /// <summary>Bfloat16 numbers of a tensor.</summary>
    public static ushort* Bf16(torch.Tensor x) => Pointer<ushort>(x);
}
