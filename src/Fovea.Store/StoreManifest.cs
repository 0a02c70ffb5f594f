using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Files;

namespace Fovea.Store;

/// <summary>What a score store says of itself: how its scores were made, and which shards are finished.</summary>
internal sealed record StoreManifest
{
    public const string FileName = "manifest.json", CurrentKind = "fovea.score_store";
    public const int CurrentVersion = 1;

    private const long MaxBytes = 256L << 20;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    public required string Kind { get; init; }

    public required int SchemaVersion { get; init; }

    public required bool Complete { get; init; }

    public required IReadOnlyDictionary<string, string> Provenance { get; init; }

    public required IReadOnlyList<ShardEntry> Shards { get; init; }

    public static StoreManifest Of(IReadOnlyDictionary<string, string> provenance, IEnumerable<ShardEntry> shards, bool complete) => new()
    {
        Kind = CurrentKind,
        SchemaVersion = CurrentVersion,
        Complete = complete,
        Provenance = new SortedDictionary<string, string>(provenance.ToDictionary(), StringComparer.Ordinal),
        Shards = [.. shards.OrderBy(s => s.Index)],
    };

    public void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <exception cref="FoveaException">There is none, or it is another program's, another version's, torn or inconsistent.</exception>
    public static StoreManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new InvalidInputException(folder, null, $"holds no {FileName}: not a score store");
        }

        try
        {
            CheckHead(path);
            var manifest = JsonSerializer.Deserialize<StoreManifest>(File.ReadAllText(path), Json)
                ?? throw new JsonException("the manifest is null");
            manifest.CheckShards(path);
            return manifest;
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, $"not a score store's manifest ({e.Message}); give the folder of a score store", e);
        }
    }

    private static void CheckHead(string path)
    {
        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new InvalidInputException(path, null, $"larger than {MaxBytes >> 20} MiB: not a score store's manifest");
        }

        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var root = document.RootElement;
        var kind = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("kind", out var k) ? k.ToString() : "none";
        if (kind != CurrentKind)
        {
            throw new InvalidInputException(path, null, $"kind: expected {CurrentKind}, got {kind}; give the folder of a score store");
        }

        var version = root.TryGetProperty("schema_version", out var v) ? v.ToString() : "none";
        if (version != CurrentVersion.ToString(CultureInfo.InvariantCulture))
        {
            throw new InvalidInputException(path, null, $"schema_version: expected {CurrentVersion}, got {version}; score again with this version");
        }
    }

    // A shard's file name follows from its index, so that no name in a manifest can lead out of the folder.
    private void CheckShards(string path)
    {
        for (var i = 0; i < Shards.Count; i++)
        {
            var shard = Shards[i];
            if (shard.Index < 0 || (i > 0 && shard.Index <= Shards[i - 1].Index) || shard.File != ShardEntry.FileOf(shard.Index))
            {
                throw new InvalidInputException(path, null,
                    $"shard {i}: expected ascending indices and the file {ShardEntry.FileOf(shard.Index)}, got index {shard.Index} and {shard.File}");
            }
        }
    }
}

/// <summary>One finished shard in a manifest.</summary>
/// <param name="Index">Place in the order of shards, from 0.</param>
/// <param name="File">File name in the store's folder; follows from the index.</param>
/// <param name="Rows">Samples in it.</param>
/// <param name="Invalid">How many of them could not be scored.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
public sealed record ShardEntry(int Index, string File, int Rows, int Invalid, string Sha256)
{
    /// <summary>The file name of shard <paramref name="index"/>.</summary>
    public static string FileOf(int index) => string.Create(CultureInfo.InvariantCulture, $"shard-{index:00000}.parquet");
}
