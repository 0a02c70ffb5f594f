using Fovea.Core.Json;
using Fovea.Data.Json;
using Fovea.Store.Import;

namespace Fovea.Pipeline.Importing;

/// <summary>Rows of scores in JSON Lines, or in a JSON list, that another engine wrote; one in memory at a time.</summary>
internal static class JsonScoreRows
{
    /// <exception cref="InvalidInputException">The file is no such JSON, or a row is not of the form (named).</exception>
    public static IEnumerable<ScoreRow> Read(string path) => JsonRecords.Read(path).Select(r => r.Fault is null
        ? Row(path, r.Index, ForeignJson.OfRecord(path, r.Index, r.Element))
        : throw new InvalidInputException(path, r.Index, r.Fault));

    private static ScoreRow Row(string path, int index, ForeignJson json) => new()
    {
        Key = new SampleKey(json.Field("source").Text(), json.Field("record").WholeNumber(least: 0)),
        File = path,
        Index = index,
        TargetIds = json.Optional("target_ids") is { } ids ? Ids(ids) : null,
        InvalidReason = json.OptionalText("invalid_reason"),
        Fingerprints = ScoreRow.FingerprintKeys.Where(json.Has).ToDictionary(k => k, k => json.Field(k).Text(), StringComparer.Ordinal),
        LogProbs = json.Keys().Where(k => k.StartsWith(ScoreRow.LogProbPrefix, StringComparison.Ordinal) && json.Has(k))
            .ToDictionary(k => k[ScoreRow.LogProbPrefix.Length..], k => Reals(json.Field(k)), StringComparer.Ordinal),
    };

    private static int[] Ids(ForeignJson list)
    {
        var element = list.Require(JsonValueKind.Array).Element;
        var ids = new int[element.GetArrayLength()];
        foreach (var (i, item) in element.EnumerateArray().Index())
        {
            ids[i] = item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) ? id : throw list.Items().ElementAt(i).Expected("a token id");
        }

        return ids;
    }

    // A null is a value that is missing; what may be missing is the importer's to say.
    private static float[] Reals(ForeignJson list)
    {
        var element = list.Require(JsonValueKind.Array).Element;
        var values = new float[element.GetArrayLength()];
        foreach (var (i, item) in element.EnumerateArray().Index())
        {
            values[i] = item.ValueKind == JsonValueKind.Null ? float.NaN
                : item.ValueKind == JsonValueKind.Number && item.TryGetSingle(out var value) ? value
                : throw list.Items().ElementAt(i).Expected("a log-probability, or null where the length limit cut the target off");
        }

        return values;
    }
}
