using Fovea.Core.Errors;
using Fovea.Models.Families;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>Loads a model to score with.</summary>
public static class ScoringModel
{
    /// <summary>The type by what is stored.</summary>
    public const string Auto = "auto";

    /// <summary>Loads it, mapped from its files where nothing is converted.</summary>
    /// <param name="folder">In Hugging Face form, or another layout that is read.</param>
    /// <param name="dtype"><c>auto</c>: bf16 where the weights are, else f32; <c>f32</c> or <c>bf16</c>.</param>
    /// <param name="memory">What memory it may take; null for no limit.</param>
    /// <exception cref="UsageException">Another type.</exception>
    /// <exception cref="FoveaException">Its weights, or the copies that scoring makes of them, take more than that.</exception>
    public static VisionLanguageModel Load(string folder, string dtype, MemoryLimit? memory) =>
        Check(dtype) is { } type ? Load(folder, type, memory) : AsStored(folder, memory);

    /// <summary>The type that a name asks for; null for <see cref="Auto"/>.</summary>
    /// <exception cref="UsageException">Another name.</exception>
    public static ParameterType? Check(string dtype) => dtype switch
    {
        Auto => null,
        "f32" => ParameterType.F32,
        "bf16" => ParameterType.BF16,
        _ => throw new UsageException($"--dtype {dtype}: expected auto, f32 or bf16"),
    };

    // Half precision is stored to save space; processors compute in float32 or bfloat16.
    private static VisionLanguageModel AsStored(string folder, MemoryLimit? memory)
    {
        var model = Load(folder, ParameterType.AsStored, memory);
        if (model.Parameters.All.All(p => p.Value.dtype != torch.ScalarType.Float16))
        {
            return model;
        }

        model.Dispose();
        return Load(folder, ParameterType.F32, memory);
    }

    private static VisionLanguageModel Load(string folder, ParameterType type, MemoryLimit? memory)
    {
        var model = ModelFolder.Load(folder, new LoadOptions { Mapped = true, Type = type, Memory = memory });
        if (model is DecoderModel whole && whole.Parameters.All.All(p => p.Value.dim() < 2 || p.Value.dtype == torch.ScalarType.BFloat16))
        {
            MemoryLimits.Require($"{folder}: the copy of its weights that scoring reads takes", whole.Parameters.NumElements * 2, memory, "score with a smaller model");
            whole.Pack(); // a second copy of the weights for the speed of scoring; the mapped ones are not read again
        }

        return model;
    }
}
