using Fovea.Core.Json;
using Fovea.Data.Json;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>
/// The records of a file of questions, answers or labels, as the tools of the field write them: a JSON list, JSON Lines or objects one after another, a list that
/// is a member of one object, a table with a head (CSV, TSV, an Excel workbook), each packed or not.
/// </summary>
internal static class AnswerRecords
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="members">Keys of lists that hold the records, where the file is one object.</param>
    /// <exception cref="InvalidInputException">It is no such file, or a record of it is no object.</exception>
    public static IReadOnlyList<ForeignJson> Read(string path, params string[] members) => Read(path, null, members);

    /// <summary>The same with the images that a table holds itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">Takes them by the names that stand in their places; null where nobody needs them.</param>
    /// <param name="members">Keys of lists that hold the records, where the file is one object.</param>
    /// <exception cref="InvalidInputException">It is no such file, or a record of it is no object.</exception>
    public static IReadOnlyList<ForeignJson> Read(string path, Dictionary<string, byte[]>? images, params string[] members)
    {
        var bytes = PackedFile.ReadAllBytes(path);
        if (Workbook.Is(path) || DelimitedText.Separator(path) is not null)
        {
            var rows = Workbook.Is(path) ? Workbook.Rows(path, bytes) : DelimitedText.Rows(path, bytes);
            return Table(path, rows, images);
        }

        // Where one object holds all (VQA's annotations, GQA's questions), it may be larger than a record.
        ForeignJson[] records = [.. JsonRecords.Read(path, bytes).Select(r => ForeignJson.OfRecord(path, r.Index,
            r.Index == 0 && r.Fault?.StartsWith("too_large", StringComparison.Ordinal) == true ? Whole(path, bytes) : r.Open(path).Element.Clone()))];
        return records is [var one] && Array.Find(members, m => one.Has(m) && one.Field(m).Element.ValueKind == JsonValueKind.Array) is { } member
            ? [.. one.Field(member).Items().Select((item, i) => ForeignJson.OfRecord(path, i, item.Element).Require(JsonValueKind.Object))]
            : [.. records.Select(r => r.Require(JsonValueKind.Object))];
    }

    /// <summary>A file that is one JSON value.</summary>
    /// <exception cref="InvalidInputException">It is no such file.</exception>
    public static JsonElement ReadWhole(string path)
    {
        var bytes = PackedFile.ReadAllBytes(path);
        return ForeignFormat.Describe(bytes) is { } instead ? throw new InvalidInputException(path, null, $"expected JSON, got {instead}") : Whole(path, bytes);
    }

    private static JsonElement Whole(string path, byte[] bytes)
    {
        using var document = ForeignDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), path);
        return document.RootElement.Clone();
    }

    /// <summary>An id as text, whether it is written as a number or as text.</summary>
    public static string Id(this ForeignJson value) => value.Element.ValueKind switch
    {
        JsonValueKind.String => value.Text(),
        JsonValueKind.Number when value.Element.TryGetInt64(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => value.Number().ToString("R", CultureInfo.InvariantCulture),
        _ => throw value.Expected("an id (a number or a text)"),
    };

    /// <summary>The first of these keys that has a value, or null.</summary>
    public static ForeignJson? First(this ForeignJson record, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (record.Optional(key) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    private static ForeignJson[] Table(string path, IEnumerable<IReadOnlyList<string>> rows, Dictionary<string, byte[]>? images)
    {
        var (head, records) = ((IReadOnlyList<string>?)null, new List<JsonObject>());
        foreach (var row in rows)
        {
            if (head is null)
            {
                head = row;
                continue;
            }

            var record = new JsonObject();
            foreach (var (column, name) in head.Index())
            {
                // An empty cell of a table is no value, but for the text of an answer, whose reader asks for it.
                if (name.Length > 0)
                {
                    record[name] = column < row.Count ? row[column] : "";
                }
            }

            records.Add(record);
        }

        EmbeddedImages.Replace(path, records, images);
        return head is null ? throw new InvalidInputException(path, null, "is empty; expected a table with a head")
            : [.. records.Select((r, i) => ForeignJson.OfRecord(path, i, JsonSerializer.SerializeToElement(r)))];
    }
}
