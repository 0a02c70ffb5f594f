using Fovea.Models.Families;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>Loads a model to score with.</summary>
public static class ScoringModel
{
    /// <summary>Loads it, mapped from its files where nothing is converted.</summary>
    /// <param name="folder">In Hugging Face form, or another layout that is read.</param>
    /// <param name="type">In which it computes; <see cref="DType.Auto"/>: bf16 where the weights are, else f32.</param>
    /// <param name="device">Where it computes; null for the CPU.</param>
    /// <param name="memory">What memory it may take; null for no limit.</param>
    /// <exception cref="FoveaException">Its weights, or the copies that scoring makes of them, take more than that.</exception>
    public static DecoderModel Load(string folder, DType type, torch.Device? device, MemoryLimit? memory)
    {
        var model = ModelFolder.Load(folder, new LoadOptions { Mapped = true, Type = type, Device = device, Memory = memory });
        if (type == DType.Auto && model.Parameters.All.Any(p => p.Value.dtype == torch.ScalarType.Float16))
        {
            model.Dispose(); // half precision is stored to save space; processors compute in float32 or bfloat16
            return Load(folder, DType.F32, device, memory);
        }

        if (model.Parameters.All.All(p => p.Value.dim() < 2 || p.Value.dtype == torch.ScalarType.BFloat16))
        {
            var bytes = device.IsCpu() ? model.Parameters.NumElements * 2 : 0;
            MemoryLimits.Require($"{folder}: the copy of its weights that scoring reads takes", bytes, memory, "score with a smaller model");
            model.Pack(); // a second copy of the weights for the speed of scoring; the mapped ones are not read again
        }

        return model;
    }
}
