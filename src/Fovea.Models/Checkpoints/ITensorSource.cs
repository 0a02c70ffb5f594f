using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// The tensors of a checkpoint, whatever its format and number of files: names, types and shapes are known (and checked) once it is open;
/// elements are read one tensor at a time.
/// </summary>
public interface ITensorSource : IDisposable
{
    /// <summary>The file or folder, for messages.</summary>
    string Path { get; }

    /// <summary>All tensors by their names in the checkpoint.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads one tensor, in its stored type and shape, on the CPU. The caller owns it.</summary>
    /// <param name="name">Its name in the checkpoint.</param>
    /// <param name="copy">
    /// False allows memory mapped from the file, which is read-only by contract and lives as long as the source: for scoring and
    /// generating, never for training. A mapped tensor that is not aligned to 64 bytes is copied all the same, since kernels differ on misaligned weights.
    /// </param>
    /// <exception cref="InvalidInputException">There is none of that name, or the file has changed since it was opened.</exception>
    torch.Tensor Read(string name, bool copy = true);
}

/// <summary>What a checkpoint says of a tensor.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="File">The file that holds it.</param>
public sealed record TensorInfo(string Name, torch.ScalarType Type, long[] Shape, string File);
