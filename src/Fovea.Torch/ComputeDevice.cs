using TorchSharp;

namespace Fovea.Torch;

/// <summary>Where a model computes, by the names that commands and configurations use: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
public static class ComputeDevice
{
    /// <summary>The processor.</summary>
    public const string Cpu = "cpu";

    private const string Cuda = "cuda";

    /// <summary>Checks a name without looking for the device.</summary>
    /// <exception cref="FoveaException">It is none.</exception>
    public static void Check(string name) => Index(name);

    /// <summary>The device. Never another in its place. <see cref="TorchRuntime.Start"/> must have run.</summary>
    /// <exception cref="FoveaException">Not a device's name, or libtorch sees no such device.</exception>
    public static torch.Device Open(string name)
    {
        if (Index(name) is not { } index)
        {
            return torch.CPU;
        }

        var count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        return index < count
            ? new torch.Device(DeviceType.CUDA, index)
            : throw new FoveaException($"device {name}: not there; {TorchRuntime.LibTorchPackage} "
                + $"sees {(count == 0 ? "no CUDA device" : $"cuda:0{(count > 1 ? $" to cuda:{count - 1}" : "")}")}; give --device {Cpu}");
    }

    /// <summary>Whether tensors on it are in the processor's memory, which kernels, mapped files and plans of memory are made for; null is the CPU.</summary>
    public static bool IsCpu(this torch.Device? device) => device is null || device.type == DeviceType.CPU;

    private static int? Index(string name) => name switch
    {
        Cpu => null,
        Cuda => 0,
        _ when name.StartsWith(Cuda + ":", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) => index,
        _ => throw new FoveaException($"device: expected {Cpu}, {Cuda} or {Cuda}:N, got '{Quoted.Shorten(name)}'"),
    };
}
