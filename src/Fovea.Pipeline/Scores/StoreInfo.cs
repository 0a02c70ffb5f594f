using Fovea.Store;

namespace Fovea.Pipeline.Scores;

/// <summary>What a score store holds, how it was made, and whether it is whole.</summary>
public static class StoreInfo
{
    /// <summary>Counts, shards and provenance, without the scores.</summary>
    public static JsonObject Of(ScoreStoreReader store)
    {
        var summary = JsonSerializer.SerializeToNode(StoreSummary.Of(store), StageManifest.Json)!.AsObject();
        summary["complete"] = store.IsComplete;
        summary["shards"] = store.Shards.Count;
        summary["token_budgets"] = new JsonArray([.. store.Shards.Select(s => s.TokenBudget).Where(b => b is not null).Distinct().Select(b => (JsonNode)b!)]);
        summary["provenance"] = JsonSerializer.SerializeToNode(store.Provenance);
        return summary;
    }

    /// <summary>The same as lines, those of an inner object indented.</summary>
    public static IEnumerable<string> Lines(JsonObject info)
    {
        foreach (var (key, value) in info)
        {
            if (value is not JsonObject fields)
            {
                yield return $"{key}: {(value is JsonArray ? value.ToJsonString() : value?.ToJsonString(StageManifest.Json).Trim('"'))}";
                continue;
            }

            yield return $"{key}:";
            foreach (var (field, inner) in fields)
            {
                yield return $"  {field}: {inner?.ToString()}";
            }
        }
    }

    /// <summary>What is wrong with a store's files; empty where they are whole.</summary>
    public static IEnumerable<string> FindDamage(string folder) => ScoreStoreReader.FindDamage(folder).Concat(OtherCount(folder));

    // A store whose last shards are missing from its list has no gap; the run that made it counted.
    private static IEnumerable<string> OtherCount(string folder)
    {
        var samples = StageManifest.Read(folder) is { Complete: true, Result: { } result } ? (int?)result["samples"] : null;
        var found = ScoreStoreReader.CountOf(folder);
        return samples is { } expected && expected != found
            ? [$"{Path.Combine(folder, ScoreStoreReader.ManifestFile)}: {found} samples; {StageManifest.FileName} says that {expected} were scored; run "
                + $"the scoring again"]
            : [];
    }
}
