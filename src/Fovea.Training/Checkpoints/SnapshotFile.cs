using System.Text;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Training.Checkpoints;

/// <summary>
/// One safetensors file of a checkpoint: its header, and where in memory its tensors lie. All that a thread needs to write it without asking
/// libtorch for anything.
/// </summary>
/// <param name="Name">Within the checkpoint's folder.</param>
/// <param name="Header">Length and JSON.</param>
/// <param name="Parts">Memory of the tensors in order: address and bytes.</param>
internal sealed record SnapshotFile(string Name, byte[] Header, IReadOnlyList<(nint Address, long Bytes)> Parts)
{
    private const int Alignment = 64;

    /// <summary>Describes float32 tensors that are contiguous, on the CPU, and stay where they are.</summary>
    public static SnapshotFile Of(string name, IReadOnlyList<KeyValuePair<string, torch.Tensor>> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        var parts = new List<(nint, long)>(tensors.Count);
        var offset = 0L;
        foreach (var (key, tensor) in tensors)
        {
            var bytes = tensor.numel() * sizeof(float);
            header.Add(key, new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.shape.Select(d => (JsonNode)d)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            });
            offset += bytes;
            parts.Add((TensorBytes.Address(tensor), bytes));
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var padded = ((json.Length + 8 + Alignment - 1) / Alignment * Alignment) - 8;
        var whole = new byte[8 + padded];
        Array.Fill(whole, (byte)' ');
        BitConverter.GetBytes((long)padded).CopyTo(whole, 0);
        json.CopyTo(whole, 8);
        return new SnapshotFile(name, whole, parts);
    }
}
