using Fovea.Core.Errors;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Models.Parameters;
using Fovea.Training.Optimization;
using TorchSharp;

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
    /// <exception cref="FoveaException">A tensor is missing or has another shape.</exception>
    public static void Read(string folder, ParameterSet parameters, AdamW optimizer)
    {
        var file = SafetensorsFile.Open(Path.Combine(folder, ModelName, "model.safetensors"));
        using (torch.no_grad())
        {
            foreach (var (name, own) in parameters.All)
            {
                using var scope = torch.NewDisposeScope();
                using var stored = file.Read(name);
                if (!stored.shape.AsSpan().SequenceEqual(own.shape))
                {
                    throw new InvalidInputException(file.Path, null, $"{name} has another shape than the start model's");
                }

                own.copy_(stored);
            }
        }

        optimizer.Load(SafetensorsFile.Open(Path.Combine(folder, OptimizerName)).Read);
    }
}
