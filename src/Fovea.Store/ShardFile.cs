using Fovea.Store.Parquet;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Store;

/// <summary>A shard's file, held to what the manifest says of it.</summary>
internal static class ShardFile
{
    private const long MaxBytes = 1L << 30;
    private const string Missing = "the file is missing";

    public static string PathOf(string folder, ShardEntry shard) => Path.Combine(folder, shard.File);

    public static bool IsSound(string folder, ShardEntry shard) => shard.IsFinished && Damage(folder, shard) is null;

    /// <summary>What is wrong with the file; null if it is the one that was written.</summary>
    public static string? Damage(string folder, ShardEntry shard)
    {
        var path = PathOf(folder, shard);
        if (!File.Exists(path))
        {
            return Missing;
        }

        try
        {
            RegularFile.Check(path, MaxBytes);
        }
        catch (InvalidInputException e)
        {
            return e.Reason;
        }

        var hash = ContentHash.OfFile(path);
        return hash == shard.Sha256 ? null : $"torn or altered: expected sha256 {shard.Sha256}, got {hash}";
    }

    /// <exception cref="InvalidInputException">It cannot be read, or holds another number of samples (named).</exception>
    public static TokenScores[] Read(string folder, ShardEntry shard, IReadOnlyCollection<string>? conditions = null, ScoreFacts facts = ScoreFacts.All)
    {
        try
        {
            RegularFile.Check(PathOf(folder, shard), MaxBytes);
            using var file = File.OpenHandle(PathOf(folder, shard));
            var length = checked((int)RandomAccess.GetLength(file));
            using var bytes = new Rented<byte>(length);
            Fill(file, bytes.Span);
            var rows = ShardCodec.Decode(bytes.Array, length, conditions, facts);
            return rows.Length == shard.Rows
                ? rows
                : throw new InvalidDataException($"{rows.Length} samples; the manifest says {shard.Rows}");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Damaged(folder, shard, Words(e), e);
        }
    }

    /// <summary>The keys of its samples, without the rest.</summary>
    /// <exception cref="InvalidInputException">It cannot be read (named).</exception>
    public static SampleKey[] ReadKeys(string folder, ShardEntry shard)
    {
        try
        {
            using var file = RegularFile.Open(PathOf(folder, shard), MaxBytes);
            return ShardCodec.DecodeKeys(file);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Damaged(folder, shard, Words(e), e);
        }
    }

    // One wording for a fault, whichever way the file is read.
    private static string Words(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => Missing,
        InvalidInputException input => input.Reason,
        IOException or UnauthorizedAccessException or FoveaException or InvalidDataException => e.Message.TrimEnd('.'),
        _ => $"not valid Parquet ({e.Message.TrimEnd('.')})",
    };

    private static void Fill(SafeFileHandle file, Span<byte> bytes)
    {
        for (var read = 0; read < bytes.Length;)
        {
            var more = RandomAccess.Read(file, bytes[read..], read);
            read += more > 0 ? more : throw new InvalidDataException($"the file ends at {read} of {bytes.Length} bytes");
        }
    }

    public static InvalidInputException Damaged(string folder, ShardEntry shard, string what, Exception? inner = null) =>
        new(PathOf(folder, shard), null, $"{what}; run the scoring again to redo this shard", inner);
}
