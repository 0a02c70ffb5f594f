namespace Fovea.Evaluation.Answers.Reading;

/// <summary>
/// Images that a table holds itself, in base64, as VLMEvalKit's tables do: a cell is an image, a list of them as Python writes it, or the index of the row whose
/// image it is. In their places stand names made of their hashes, so that records stay short and one image has one name.
/// </summary>
internal static class EmbeddedImages
{
    private const string Column = "image", Index = "index", Prefix = "sha256:";
    private const int LongestName = 1024; // what is longer is the image itself

    /// <summary>Whether a name stands for such an image.</summary>
    public static bool IsOne(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a text is too long to be a name.</summary>
    public static bool IsImage(string text) => text.Length > LongestName;

    /// <summary>Puts names in the images' places.</summary>
    /// <param name="path">The table's file.</param>
    /// <param name="rows">Its rows, which are changed.</param>
    /// <param name="images">Takes the images by their names; null where nobody needs them.</param>
    /// <exception cref="InvalidInputException">A cell is no base64.</exception>
    public static void Replace(string path, IReadOnlyList<JsonObject> rows, Dictionary<string, byte[]>? images)
    {
        var ofRow = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (number, row) in rows.Index())
        {
            if (TextOf(row, Column) is { } cell && IsImage(cell))
            {
                JsonNode Name(string text) => NameOf(path, number, text, images);
                var names = cell[0] == '[' && TextList.Parse(cell) is { } list ? new JsonArray([.. list.Select(Name)]) : Name(cell);
                row[Column] = names;
                if (TextOf(row, Index) is { } index)
                {
                    ofRow.TryAdd(index, names);
                }
            }
        }

        if (ofRow.Count > 0)
        {
            foreach (var row in rows)
            {
                if (TextOf(row, Column) is { } other && ofRow.TryGetValue(other, out var names))
                {
                    row[Column] = names.DeepClone();
                }
            }
        }
    }

    private static string? TextOf(JsonObject row, string column) => row[column] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string NameOf(string path, int row, string text, Dictionary<string, byte[]>? images)
    {
        try
        {
            var bytes = Convert.FromBase64String(text);
            var name = Prefix + ContentHash.OfBytes(bytes);
            images?.TryAdd(name, bytes);
            return name;
        }
        catch (FormatException e)
        {
            throw new InvalidInputException(path, row, $"{Column}: expected a file's name or an image in base64, got {text.Length} characters of neither", e);
        }
    }
}
