using Fovea.Core.Json;
using Fovea.Verification.Checks;

namespace Fovea.Verification.Fixtures;

/// <summary>Reads references' JSON; what is missing or of another type is an error that names it.</summary>
internal static class FixtureJson
{
    public static JsonElement Parse(string path)
    {
        try
        {
            return ForeignDocument.Open(path, RegularFile.MaxWhole);
        }
        catch (InvalidInputException e)
        {
            throw new ReferenceException(e.Message);
        }
    }

    public static JsonElement Need(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
            ? value : throw new ReferenceException($"the case has no \"{name}\"");

    public static JsonElement? Try(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string Text(this JsonElement element, string name) =>
        element.Need(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new ReferenceException($"\"{name}\" is no text");

    public static double Number(this JsonElement element, string name) =>
        element.Need(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : throw new ReferenceException($"\"{name}\" is no number");

    public static int Int(this JsonElement element, string name) =>
        element.Need(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value)
            ? value : throw new ReferenceException($"\"{name}\" is no whole number");

    public static bool Flag(this JsonElement element, string name) => element.Need(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new ReferenceException($"\"{name}\" is neither true nor false"),
    };

    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        element.Need(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw new ReferenceException($"\"{name}\" is no list");

    public static int[] Ints(this JsonElement element, string name) => [.. element.List(name).Select(AsInt)];

    public static double[] Numbers(this JsonElement element, string name) => [.. element.List(name).Select(e => e.ValueKind == JsonValueKind.Number
        ? e.GetDouble() : throw new ReferenceException($"\"{name}\" holds what is no number"))];

    /// <summary>[[from, to], ...] as pairs.</summary>
    public static (int From, int To)[] Ranges(this JsonElement element, string name) => [.. element.List(name).Select(r =>
        r.ValueKind == JsonValueKind.Array && r.GetArrayLength() == 2
            ? (AsInt(r[0]), AsInt(r[1])) : throw new ReferenceException($"\"{name}\" is no list of ranges"))];

    private static int AsInt(JsonElement e) => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var value)
        ? value : throw new ReferenceException("a list of whole numbers holds something else");
}
