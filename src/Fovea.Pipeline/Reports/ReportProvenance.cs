using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>What ran, as a report lists it: hashes, versions, and the configuration key by key.</summary>
public static class ReportProvenance
{
    /// <summary>All facts of a manifest but its time, which no report holds.</summary>
    public static IReadOnlyList<KeyValue> Of(StageManifest manifest) =>
    [
        .. Configuration(manifest),
        new("config sha256", ContentHash.OfText(manifest.Config.ToJsonString())),
        new("threads of one operation", $"{manifest.NumThreads}"),
        .. manifest.Versions.Select(v => new KeyValue(v.Key, v.Value)),
        .. manifest.Inputs.Select(i => new KeyValue("input " + i.Key, i.Value)),
    ];

    /// <summary>The configuration as <c>a.b.c</c> and value; keys without a value are left out.</summary>
    internal static IEnumerable<KeyValue> Configuration(StageManifest manifest) => Flat("", manifest.Config);

    /// <summary>A model's name: its folder's, or the run's where the folder is only called "model".</summary>
    internal static string NameOf(string model)
    {
        var folder = Path.TrimEndingDirectorySeparator(model);
        var name = Path.GetFileName(folder);
        return name.StartsWith("model", StringComparison.Ordinal) && Path.GetFileName(Path.GetDirectoryName(folder)) is { Length: > 0 } run ? run : name;
    }

    private static IEnumerable<KeyValue> Flat(string path, JsonNode? node) => node switch
    {
        null => [],
        JsonObject o => o.SelectMany(m => Flat(path.Length == 0 ? m.Key : $"{path}.{m.Key}", m.Value)),
        JsonArray { Count: 0 } => [],
        JsonArray a when a.All(v => v is JsonValue) => [new KeyValue(path, string.Join(", ", a.Select(Text)))],
        JsonArray a => a.SelectMany((v, i) => Flat($"{path}[{i}]", v)),
        _ => [new KeyValue(path, Text(node))],
    };

    private static string Text(JsonNode? value) => value?.ToJsonString(StageManifest.Json).Trim('"') ?? "";
}
