namespace Fovea.Models.Checkpoints;

/// <summary>Opens checkpoints of any supported format: safetensors and torch's zip files, single or sharded with an index.</summary>
public static class TensorSources
{
    /// <summary>Name of a single safetensors file in a model's folder.</summary>
    public const string SafetensorsName = "model.safetensors";

    /// <summary>Ending of a sharded checkpoint's index.</summary>
    public const string IndexSuffix = ".index.json";

    /// <summary>What a folder may hold, in order of preference, which is that of Transformers.</summary>
    private static readonly string[] Names = [SafetensorsName, SafetensorsName + IndexSuffix, "pytorch_model.bin", "pytorch_model.bin" + IndexSuffix];

    // A pickle of torch.save before version 1.6: protocol 2 and the magic number 0x1950a86a20f9469cfc6c.
    private static ReadOnlySpan<byte> LegacyMagic => [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];

    private static ReadOnlySpan<byte> ZipMagic => "PK\x03\x04"u8;

    /// <summary>
    /// Opens a model's folder (<c>model.safetensors</c>, its shards, <c>pytorch_model.bin</c>, its shards, the first that is there),
    /// a file (safetensors, or torch's <c>.bin</c>, <c>.pt</c>, <c>.pth</c>; its content decides), or a sharded checkpoint's <c>.index.json</c>.
    /// Names, types, shapes and places are checked; no tensor is read yet.
    /// </summary>
    /// <exception cref="InvalidInputException">There are no weights, or they are not valid.</exception>
    public static ITensorSource Open(string path) => OpenFile(Find(path));

    /// <summary>The file that <see cref="Open"/> would open: the path itself, or the weights or their index in a folder.</summary>
    /// <exception cref="InvalidInputException">There are no weights.</exception>
    public static string Find(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? path : throw new InvalidInputException(path, null, "not found; expected a folder or a file of weights");
        }

        return Names.Select(n => Path.Combine(path, n)).FirstOrDefault(File.Exists)
            ?? throw new InvalidInputException(path, null, $"no weights; expected {string.Join(", ", Names.SkipLast(1))} or {Names[^1]}");
    }

    /// <summary>The weights' files, without an index: one, or all shards in order of their names.</summary>
    /// <exception cref="InvalidInputException">There are no weights, or their index is not valid.</exception>
    public static IReadOnlyList<string> Files(string path)
    {
        var file = Find(path);
        return file.EndsWith(IndexSuffix, StringComparison.Ordinal) ? [.. CheckpointIndex.Read(file).Files] : [file];
    }

    internal static ITensorSource OpenFile(string path)
    {
        if (path.EndsWith(IndexSuffix, StringComparison.Ordinal))
        {
            return ShardedCheckpoint.Open(path);
        }

        Span<byte> start = stackalloc byte[16];
        using (var file = CheckpointFile.Open(path))
        {
            start = start[..(int)Math.Min(start.Length, file.Length)];
            file.Read(start, 0, "its first bytes");
            file.RefuseWrongContent();
        }

        if (start.StartsWith(ZipMagic))
        {
            return TorchZipFile.Open(path);
        }

        if (start.StartsWith(LegacyMagic))
        {
            throw new InvalidInputException(path, null,
                "a torch file of the format before PyTorch 1.6, which Fovea does not read; convert it once with Python: torch.save(torch.load(path, "
                    + "weights_only=True), path)");
        }

        return path.EndsWith(".safetensors", StringComparison.Ordinal) || (start.Length > 8 && start[8] == (byte)'{')
            ? SafetensorsFile.Open(path)
            : throw new InvalidInputException(path, null, "neither safetensors nor a torch zip file; expected a file of weights");
    }
}
