using System.Text.Json.Serialization;

namespace Fovea.Store;

/// <summary>One shard in a manifest.</summary>
/// <param name="Index">Place in the order of shards, from 0.</param>
/// <param name="File">File name in the store's folder; follows from the index.</param>
/// <param name="Rows">Samples in it.</param>
/// <param name="Invalid">How many of them could not be scored.</param>
/// <param name="Sha256">Of the file, lower-case hex; empty while the shard is begun and not finished.</param>
/// <param name="TokenBudget">Most tokens of a batch when it was scored; null where it was not recorded.</param>
public sealed record ShardEntry(int Index, string File, int Rows, int Invalid, string Sha256, int? TokenBudget = null)
{
    /// <summary>Whether it was scored to its end.</summary>
    [JsonIgnore]
    public bool IsFinished => Sha256.Length > 0;

    /// <summary>The file name of shard <paramref name="index"/>.</summary>
    public static string FileOf(int index) => string.Create(CultureInfo.InvariantCulture, $"shard-{index:00000}.parquet");

    /// <summary>A shard whose scoring has only begun.</summary>
    internal static ShardEntry Begun(int index, int tokenBudget) => new(index, FileOf(index), 0, 0, "", tokenBudget);
}
