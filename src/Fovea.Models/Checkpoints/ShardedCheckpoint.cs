using System.Collections.ObjectModel;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A checkpoint in several files with an index. Index and files must agree: each tensor in exactly the file that the index names.</summary>
internal sealed class ShardedCheckpoint : ITensorSource
{
    private const int MostListed = 20;
    private readonly Dictionary<string, ITensorSource> _shardOf;
    private readonly List<ITensorSource> _shards;

    private ShardedCheckpoint(string path, List<ITensorSource> shards)
    {
        Path = path;
        _shards = shards;
        _shardOf = shards.SelectMany(s => s.Tensors.Keys.Select(n => (Name: n, Shard: s))).ToDictionary(p => p.Name, p => p.Shard, StringComparer.Ordinal);
        Tensors = new ReadOnlyDictionary<string, TensorInfo>(_shardOf.ToDictionary(p => p.Key, p => p.Value.Tensors[p.Key], StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Opens all files of an index and holds them against it.</summary>
    /// <exception cref="InvalidInputException">Files are missing or not valid, or tensors are elsewhere than the index says; all are listed.</exception>
    public static ShardedCheckpoint Open(string indexFile)
    {
        var index = CheckpointIndex.Read(indexFile);
        Fail(indexFile, "missing shards", [.. index.Files.Where(f => !File.Exists(f)).Select(f => System.IO.Path.GetFileName(f)!)]);
        var shards = new List<ITensorSource>();
        try
        {
            foreach (var file in index.Files)
            {
                shards.Add(TensorSources.OpenFile(file));
            }

            Fail(indexFile, "index and shards do not agree", Disagreements(index, shards));
            return new ShardedCheckpoint(indexFile, shards);
        }
        catch
        {
            shards.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public torch.Tensor Read(string name, bool copy = true) =>
        _shardOf.TryGetValue(name, out var shard) ? shard.Read(name, copy) : throw new InvalidInputException(Path, null, $"no tensor '{name}'");

    /// <inheritdoc/>
    public void Dispose() => _shards.ForEach(s => s.Dispose());

    private static List<string> Disagreements(CheckpointIndex index, List<ITensorSource> shards)
    {
        var found = shards.SelectMany(s => s.Tensors.Keys.Select(n => (Name: n, File: System.IO.Path.GetFileName(s.Path))))
            .ToLookup(p => p.Name, p => p.File, StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var (name, file) in index.Shards.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (!found[name].Contains(file))
            {
                problems.Add($"{Quoted.Shorten(name)} is not in {file}");
            }
        }

        foreach (var tensor in found.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (tensor.Count() > 1)
            {
                problems.Add($"{Quoted.Shorten(tensor.Key)} is in {string.Join(" and ", tensor)}");
            }
            else if (!index.Shards.ContainsKey(tensor.Key))
            {
                problems.Add($"{Quoted.Shorten(tensor.Key)} is in {tensor.First()} but not in the index");
            }
        }

        return problems;
    }

    private static void Fail(string file, string what, List<string> problems)
    {
        if (problems.Count > 0)
        {
            var rest = problems.Count > MostListed ? $"; and {problems.Count - MostListed} more" : "";
            throw new InvalidInputException(file, null, $"{what} ({problems.Count}): {string.Join("; ", problems.Take(MostListed))}{rest}");
        }
    }
}
