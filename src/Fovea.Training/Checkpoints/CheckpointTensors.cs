using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Models.Parameters;
using Fovea.Training.Optimization;

namespace Fovea.Training.Checkpoints;

/// <summary>The tensors of a checkpoint: the model as a folder that other commands can load, and the optimiser's state.</summary>
internal static class CheckpointTensors
{
    private const string ModelName = "model";
    private const string OptimizerName = "optimizer.safetensors";

    public static void Write(string folder, VisionLanguageModel model, AdamW optimizer)
    {
        ModelFolder.Save(model, Path.Combine(folder, ModelName));
        SafetensorsFile.Write(Path.Combine(folder, OptimizerName), optimizer.State());
    }

    /// <summary>Copies a checkpoint's tensors into the model and the optimiser.</summary>
    /// <exception cref="Core.Errors.FoveaException">A tensor is missing or has another shape.</exception>
    public static void Read(string folder, ParameterSet parameters, AdamW optimizer)
    {
        ModelFolder.ReadInto(Path.Combine(folder, ModelName), parameters);
        using var state = SafetensorsFile.Open(Path.Combine(folder, OptimizerName));
        optimizer.Load(state.Read);
    }
}
