using System.Text.Json.Nodes;
using Fovea.Core.Provenance;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

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
