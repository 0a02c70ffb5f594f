using Fovea.Core.Errors;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using TorchSharp;

namespace Fovea.Cli.Stages;

/// <summary>Loads a model to score with.</summary>
internal static class ScoringModel
{
    /// <summary>The type by what is stored.</summary>
    public const string Auto = "auto";

    /// <summary>Loads it, mapped from its files where nothing is converted.</summary>
    /// <param name="folder">In Hugging Face form, or another layout that is read.</param>
    /// <param name="dtype"><c>auto</c>: bf16 where the weights are, else f32; <c>f32</c> or <c>bf16</c>.</param>
    /// <exception cref="UsageException">Another type.</exception>
    public static VisionLanguageModel Load(string folder, string dtype) => dtype switch
    {
        Auto => AsStored(folder),
        "f32" => Load(folder, ParameterType.F32),
        "bf16" => Load(folder, ParameterType.BF16),
        _ => throw new UsageException($"--dtype {dtype}: expected auto, f32 or bf16"),
    };

    // Half precision is stored to save space; processors compute in float32 or bfloat16.
    private static VisionLanguageModel AsStored(string folder)
    {
        var model = Load(folder, ParameterType.AsStored);
        if (model.Parameters.All.All(p => p.Value.dtype != torch.ScalarType.Float16))
        {
            return model;
        }

        model.Dispose();
        return Load(folder, ParameterType.F32);
    }

    private static VisionLanguageModel Load(string folder, ParameterType type) => ModelFolder.Load(folder, new LoadOptions { Mapped = true, Type = type });
}
