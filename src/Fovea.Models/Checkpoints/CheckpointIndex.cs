using Fovea.Core.Json;

namespace Fovea.Models.Checkpoints;

/// <summary>The index of a sharded checkpoint: <c>weight_map</c>, from each tensor's name to the file beside the index that holds it.</summary>
internal sealed record CheckpointIndex(string Path, IReadOnlyDictionary<string, string> Shards)
{
    private const int MaxBytes = 16 << 20;

    /// <summary>Full paths of the shards, in order of their names.</summary>
    public IEnumerable<string> Files => Shards.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(FileOf);

    public static CheckpointIndex Read(string path)
    {
        var map = ForeignJson.Open(path, MaxBytes).OptionalObject("weight_map")
            ?? throw new InvalidInputException(path, null, "no weight_map; expected an object from tensor names to file names");
        var shards = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in map.Element.EnumerateObject())
        {
            var name = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString()! : "";
            shards.Add(item.Name, IsPlainFileName(name)
                ? name
                : throw new InvalidInputException(path, null,
                    $"weight_map: '{Quoted.Shorten(item.Name)}' is in {Quoted.Shorten(item.Value.GetRawText())}; expected the name of a file "
                        + $"beside the index"));
        }

        return shards.Count > 0 ? new CheckpointIndex(path, shards) : throw new InvalidInputException(path, null, "weight_map is empty; expected tensors");
    }

    public string FileOf(string shard) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, shard);

    /// <summary>
    /// A shard's name must not lead out of the folder, on any platform, nor to another index. (The file itself may be a link, as in the
    /// cache of the Hugging Face hub.)
    /// </summary>
    private static bool IsPlainFileName(string name) =>
        name.Length is > 0 and <= 255 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', ':']) < 0 && !name.Any(char.IsControl)
        && !name.EndsWith(TensorSources.IndexSuffix, StringComparison.OrdinalIgnoreCase);
}
