using Fovea.Models.Checkpoints;
using TorchSharp;

namespace Fovea.Training.Checkpoints;

/// <summary>Reads a checkpoint's tensors into those of a run.</summary>
internal static class SnapshotReader
{
    /// <exception cref="InvalidInputException">The file holds other tensors than the run.</exception>
    public static void Read(string path, IReadOnlyList<KeyValuePair<string, torch.Tensor>> into)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Entries.Keys.Except(into.Select(t => t.Key)).FirstOrDefault() is { } stray)
        {
            throw new InvalidInputException(path, null,
                $"holds {stray}, which this run does not train; it is a checkpoint of another model or of other options");
        }

        using var noGrad = torch.no_grad();
        foreach (var (name, own) in into)
        {
            using var scope = torch.NewDisposeScope();
            var stored = file.Read(name);
            if (!stored.shape.AsSpan().SequenceEqual(own.shape))
            {
                throw new InvalidInputException(
                    path, null, $"{name} is [{string.Join(", ", stored.shape)}], expected [{string.Join(", ", own.shape)}]; it is a checkpoint of "
                        + $"another model");
            }

            own.copy_(stored);
        }
    }
}
