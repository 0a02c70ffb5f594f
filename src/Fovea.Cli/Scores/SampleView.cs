using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;

namespace Fovea.Cli.Scores;

/// <summary>One sample of a score store, token by token.</summary>
internal sealed record SampleView(TokenScores Scores, IReadOnlyDictionary<int, string> Tokens)
{
    /// <summary>Finds a sample by its key.</summary>
    /// <exception cref="FoveaException">There is none, or several files have such a record.</exception>
    public static SampleView Find(ScoreStoreReader store, string? source, int record)
    {
        var found = store.ReadAhead().Where(r => r.Key.Record == record && (source is null || r.Key.Source == source)).ToList();
        return found.Count switch
        {
            1 => new SampleView(found[0], TokensOf(store, found[0])),
            0 => throw new InvalidInputException(store.Folder, null, $"no sample {source ?? "(any file)"}, record {record}"),
            _ => throw new UsageException($"--source: {string.Join(", ", found.Select(f => f.Key.Source))} have a record {record}; name one"),
        };
    }

    /// <summary>All that is known of it.</summary>
    public JsonObject ToJson() => new()
    {
        ["source"] = Scores.Key.Source,
        ["record"] = Scores.Key.Record,
        ["id"] = Scores.Id,
        ["text_fingerprint"] = Scores.TextFingerprint,
        ["context_fingerprint"] = Scores.ContextFingerprint,
        ["conversation_fingerprint"] = Scores.ConversationFingerprint,
        ["image_hash"] = Scores.ImageHash,
        ["has_image"] = Scores.HasImage,
        ["invalid_reason"] = Scores.InvalidReason,
        ["targets"] = new JsonArray([.. Enumerable.Range(0, Scores.TargetIds.Length).Select(Target)]),
    };

    /// <summary>A header line, then one tab-separated line a target.</summary>
    public void WriteText(TextWriter output)
    {
        output.WriteLine($"{Scores.Key} {Scores.Id} {(Scores.InvalidReason ?? (Scores.HasImage ? "" : "text-only"))}".TrimEnd());
        var conditions = Scores.LogProbs.Keys.ToArray();
        output.WriteLine(string.Join('\t', ["position", "token_id", "token", .. conditions]));
        for (var t = 0; t < Scores.TargetIds.Length; t++)
        {
            var token = Tokens.GetValueOrDefault(Scores.TargetIds[t], "").Replace("\n", "\\n", StringComparison.Ordinal);
            var values = conditions.Select(c => Scores.LogProbs[c][t].ToString("0.0000", CultureInfo.InvariantCulture));
            output.WriteLine(string.Join('\t', [$"{t}", $"{Scores.TargetIds[t]}", token, .. values]));
        }
    }

    private static Dictionary<int, string> TokensOf(ScoreStoreReader store, TokenScores scores)
    {
        var wanted = scores.TargetIds.ToHashSet();
        return store.ReadTokens().Where(t => wanted.Contains(t.Id)).ToDictionary(t => t.Id, t => t.Text);
    }

    private JsonObject Target(int t)
    {
        var target = new JsonObject
        {
            ["position"] = t,
            ["token_id"] = Scores.TargetIds[t],
            ["token"] = Tokens.GetValueOrDefault(Scores.TargetIds[t]),
            ["is_end"] = Scores.EndTargets.Contains(t),
        };
        foreach (var (condition, values) in Scores.LogProbs)
        {
            target["log_prob." + condition] = float.IsNaN(values[t]) ? null : values[t];
        }

        return target;
    }
}
