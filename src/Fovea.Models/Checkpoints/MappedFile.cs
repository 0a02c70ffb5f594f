using System.Runtime.InteropServices;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Tensors that share memory with a file. The mapping is private (copy on write): whoever writes into a tensor changes a page of their own and never the file.
/// libtorch keeps it until the last tensor is gone.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="headerBytes">Length of the part that tells whether the path still leads to the same file.</param>
internal sealed class MappedFile(CheckpointFile file, long headerBytes) : IDisposable
{
    /// <summary>Kernels differ, in speed and last digits, on weights that do not begin on a cache line.</summary>
    public const int Alignment = 64;

    private readonly Dictionary<torch.ScalarType, torch.Tensor?> _maps = [];

    /// <summary>A tensor in mapped memory, or null where it has to be copied: misaligned, empty, or the platform does not map the file.</summary>
    public torch.Tensor? TryView(SafetensorsEntry entry)
    {
        if (entry.Begin % Alignment != 0 || entry.ByteCount == 0)
        {
            return null;
        }

        if (!_maps.TryGetValue(entry.Type, out var map))
        {
            _maps.Add(entry.Type, map = TryMap(entry.Type));
        }

        if (map is null)
        {
            return null;
        }

        var size = SafetensorsType.Of(entry.Type).Size;
        using var flat = map.narrow(0, entry.Begin / size, entry.ByteCount / size);
        return flat.view(entry.Shape);
    }

    public void Dispose()
    {
        foreach (var map in _maps.Values)
        {
            map?.Dispose();
        }

        _maps.Clear();
    }

    /// <summary>The whole file as <c>[elements]</c>; a mapping costs address space only, so each element type has its own.</summary>
    private torch.Tensor? TryMap(torch.ScalarType type)
    {
        torch.Tensor map;
        try
        {
            map = torch.from_file(Path.GetFullPath(file.Path), shared: false, size: file.Length / SafetensorsType.Of(type).Size, dtype: type)
                .DetachFromDisposeScope();
        }
        catch (ExternalException)
        {
            return null;
        }

        try
        {
            CheckSameFile();
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>libtorch opens the path anew: another file may lie there by now.</summary>
    private void CheckSameFile()
    {
        const int Piece = 1 << 16;
        using var anew = CheckpointFile.Open(file.Path);
        Span<byte> known = new byte[Piece], found = new byte[Piece];
        for (var offset = 0L; offset < headerBytes; offset += Piece)
        {
            var length = (int)Math.Min(Piece, headerBytes - offset);
            file.Read(known[..length], offset, "the header");
            anew.Read(found[..length], offset, "the header");
            if (anew.Length != file.Length || !known[..length].SequenceEqual(found[..length]))
            {
                throw new InvalidInputException(file.Path, null, "has changed since it was opened");
            }
        }
    }
}
