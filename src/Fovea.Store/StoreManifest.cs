using System.Text.Json.Serialization;
using Fovea.Core.Json;

namespace Fovea.Store;

/// <summary>What a score store says of itself: how its scores were made, and which shards are finished.</summary>
internal sealed record StoreManifest
{
    public const string FileName = "manifest.json", CurrentKind = "fovea.score_store";

    /// <summary>2 added token budgets, shards that are begun, and the texts of tokens; 3 conversation fingerprints.</summary>
    public const int CurrentVersion = 3, OldestVersion = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
    };

    public required string Kind { get; init; }

    public required int SchemaVersion { get; init; }

    public required bool Complete { get; init; }

    public required IReadOnlyDictionary<string, string> Provenance { get; init; }

    /// <summary>SHA-256 of <see cref="TokenTexts.FileName"/>; null where there is none.</summary>
    public string? TokensSha256 { get; init; }

    public required IReadOnlyList<ShardEntry> Shards { get; init; }

    public static StoreManifest Of(IReadOnlyDictionary<string, string> provenance, IEnumerable<ShardEntry> shards, string? tokensSha256, bool complete) => new()
    {
        Kind = CurrentKind,
        SchemaVersion = CurrentVersion,
        Complete = complete,
        Provenance = new SortedDictionary<string, string>(provenance.ToDictionary(), StringComparer.Ordinal),
        TokensSha256 = tokensSha256,
        Shards = [.. shards.OrderBy(s => s.Index)],
    };

    public void Write(string folder, IFileLayer files) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n", files);

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
            var text = RegularFile.ReadAllText(path, RegularFile.MaxJson);
            CheckHead(path, text);
            var manifest = JsonSerializer.Deserialize<StoreManifest>(text, Json) ?? throw new JsonException("the manifest is null");
            manifest.CheckShards(path);
            return manifest;
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, $"not a score store's manifest ({JsonReason.InWords(e)}); give the folder of a score store", e);
        }
    }

    private static void CheckHead(string path, string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        var kind = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("kind", out var k) ? k.ToString() : "none";
        if (kind != CurrentKind)
        {
            throw new InvalidInputException(path, null, $"kind: expected {CurrentKind}, got {kind}; give the folder of a score store");
        }

        var version = root.TryGetProperty("schema_version", out var v) ? v.ToString() : "none";
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < OldestVersion or > CurrentVersion)
        {
            throw new InvalidInputException(path, null,
                $"schema_version: expected {OldestVersion} to {CurrentVersion}, got {version}; score again with this version");
        }
    }

    // A shard's file name follows from its index, so that no name in a manifest can lead out of the folder.
    private void CheckShards(string path)
    {
        for (var i = 0; i < Shards.Count; i++)
        {
            var shard = Shards[i] ?? throw new JsonException($"shard {i} is null");
            if (shard.Index < 0 || (i > 0 && shard.Index <= Shards[i - 1].Index) || shard.File != ShardEntry.FileOf(shard.Index))
            {
                throw new InvalidInputException(path, null,
                    $"shard {i}: expected ascending indices and the file {ShardEntry.FileOf(shard.Index)}, got index {shard.Index} and {shard.File}");
            }

            if (shard.Rows is < 0 or > ScoreStoreWriter.MaxShardRows || shard.Invalid < 0 || shard.Invalid > shard.Rows)
            {
                throw new InvalidInputException(path, null,
                    $"{shard.File}: expected at most {ScoreStoreWriter.MaxShardRows} samples, got {shard.Rows} of which {shard.Invalid} are invalid; "
                        + $"score it again");
            }

            if (Complete && !shard.IsFinished)
            {
                throw new InvalidInputException(path, null, $"{shard.File} is not finished, and yet the store says it is complete; score it again");
            }
        }
    }
}
