using System.Text.RegularExpressions;

namespace Fovea.Models.Checkpoints;

/// <summary>
/// Writes a model's weights as Transformers does: <c>model.safetensors</c> if they fit into one shard, else <c>model-00001-of-0000N.safetensors</c> and
/// <c>model.safetensors.index.json</c>.
/// </summary>
public static partial class SafetensorsFolder
{
    /// <summary>Size of a shard where none is chosen: 5 GB.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Writes the weights. All files are written aside and flushed before the first one is renamed; a new folder appears whole or not at all.
    /// In a folder that exists, weights of an earlier save are removed once the new ones are in place; other files are not touched.
    /// </summary>
    /// <param name="dir">The folder.</param>
    /// <param name="tensors">What to write, under distinct names; each is read when its turn comes.</param>
    /// <param name="maxShardBytes">Most bytes of tensors in a file; a larger tensor has a file of its own.</param>
    /// <param name="stem">First part of the files' names.</param>
    /// <param name="metadata">Free texts by name, in each file; null for <c>format: pt</c>, which Transformers asks for.</param>
    /// <exception cref="FoveaException">Two tensors have one name, or a tensor is not of the type and shape that were announced.</exception>
    public static void Write(
        string dir, IEnumerable<SavedTensor> tensors, long maxShardBytes = DefaultShardBytes, string stem = "model",
            IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        var all = tensors.ToList();
        if (all.CountBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Value > 1) is { Key: { } twice })
        {
            throw new FoveaException($"{dir}: two tensors have the name '{twice}'");
        }

        var shards = Split(all, maxShardBytes);
        AtomicFolder.Write(dir, folder =>
        {
            var aside = Path.Combine(folder, $".{stem}.{Environment.ProcessId}.tmp");
            try
            {
                var names = shards.Select((_, i) => shards.Count == 1 ? $"{stem}.safetensors"
                    : string.Create(CultureInfo.InvariantCulture, $"{stem}-{i + 1:00000}-of-{shards.Count:00000}.safetensors")).ToList();
                for (var i = 0; i < shards.Count; i++)
                {
                    SafetensorsWriter.Write(Path.Combine(aside, names[i]), shards[i], metadata);
                }

                if (shards.Count > 1)
                {
                    AtomicFile.WriteText(Path.Combine(aside, IndexName(stem)), Index(shards, names));
                    names.Add(IndexName(stem));
                }

                Replace(folder, aside, names, stem);
            }
            finally
            {
                if (Directory.Exists(aside))
                {
                    Directory.Delete(aside, recursive: true);
                }
            }
        });
    }

    /// <summary>Fills shard after shard in the given order, as Transformers does.</summary>
    private static List<List<SavedTensor>> Split(List<SavedTensor> tensors, long maxShardBytes)
    {
        List<List<SavedTensor>> shards = [[]];
        var bytes = 0L;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && tensor.ByteCount > maxShardBytes - bytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += tensor.ByteCount;
        }

        return shards;
    }

    private static string Index(List<List<SavedTensor>> shards, List<string> names)
    {
        var map = new JsonObject();
        foreach (var (name, file) in shards.SelectMany((s, i) => s.Select(t => (t.Name, names[i]))).OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            map.Add(name, file);
        }

        var index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(s => s.Sum(t => t.ByteCount)) }, ["weight_map"] = map };
        return index.ToJsonString(Indented) + "\n";
    }

    private static void Replace(string folder, string aside, List<string> names, string stem)
    {
        var earlier = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Where(f => IsWeights(f, stem)).ToList();
        if (names.Count > 1 && earlier.Intersect(names, StringComparer.Ordinal).Any())
        {
            // Between two renames the old index would lead to shards of both saves; without it a reader finds no weights, which is
            // an error and not a wrong answer.
            File.Delete(Path.Combine(folder, IndexName(stem)));
        }

        foreach (var name in names) // the index is the last
        {
            File.Move(Path.Combine(aside, name), Path.Combine(folder, name), overwrite: true);
        }

        // The index before its shards, for the same reason.
        foreach (var stale in earlier.Except(names, StringComparer.Ordinal)
            .OrderByDescending(n => n.EndsWith(TensorSources.IndexSuffix, StringComparison.Ordinal)))
        {
            File.Delete(Path.Combine(folder, stale));
        }
    }

    private static string IndexName(string stem) => $"{stem}.safetensors{TensorSources.IndexSuffix}";

    private static bool IsWeights(string name, string stem) =>
        name.StartsWith(stem, StringComparison.Ordinal) && WeightsSuffix().IsMatch(name.AsSpan(stem.Length));

    [GeneratedRegex(@"^(-\d{5}-of-\d{5})?\.safetensors$|^\.safetensors\.index\.json$", RegexOptions.CultureInvariant)]
    private static partial Regex WeightsSuffix();
}
