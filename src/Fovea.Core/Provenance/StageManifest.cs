using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Files;

namespace Fovea.Core.Provenance;

/// <summary>
/// What was asked and what ran, beside every artefact: <c>stage.json</c>. Written when work begins and again, with <see cref="Complete"/>, when it ends.
/// </summary>
public sealed record StageManifest
{
    /// <summary>File name inside the artefact's folder.</summary>
    public const string FileName = "stage.json";

    /// <summary>What kind of work, e.g. <c>train</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The resolved configuration.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>SHA-256 of each input by its role, e.g. <c>data</c>, <c>model</c>, <c>weights</c>.</summary>
    public required SortedDictionary<string, string> Inputs { get; init; }

    /// <summary>Threads of one operation.</summary>
    public required int NumThreads { get; init; }

    /// <summary>Versions of Fovea and the libraries under it.</summary>
    public required SortedDictionary<string, string> Versions { get; init; }

    /// <summary>Whether the work ended.</summary>
    public bool Complete { get; init; }

    /// <summary>What the work found, as counts and sums; the same in every run of one seed.</summary>
    public JsonObject? Result { get; init; }

    /// <summary>Wall-clock seconds; never part of a result.</summary>
    public double Seconds { get; init; }

    /// <summary>How artefacts are serialised: snake_case, indented, enums by name; NaN by name too, so that what checks the value can say what it expects.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Writes the manifest into <paramref name="folder"/>.</summary>
    public void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Reads the manifest of <paramref name="folder"/>; null where there is none.</summary>
    public static StageManifest? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<StageManifest>(File.ReadAllText(path), Json);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, "not a manifest of this version; remove the folder or choose another --out", e);
        }
    }

    /// <summary>Refuses to continue other work: names the first field that differs.</summary>
    /// <exception cref="FoveaException">Config, inputs, thread count or kind differ.</exception>
    public void MustMatch(StageManifest before, string folder)
    {
        var was = before.Identity();
        var now = Identity();
        if (FirstDifference(was, now, "") is { } difference)
        {
            throw new FoveaException($"{folder}: cannot be continued: {difference}; give what it was begun with, remove the folder, or give another --out");
        }
    }

    /// <summary>The first path at which two JSON values differ, in words; null if they are equal.</summary>
    public static string? FirstDifference(JsonNode? was, JsonNode? now, string path)
    {
        if (was is JsonObject a && now is JsonObject b)
        {
            foreach (var key in a.Select(m => m.Key).Union(b.Select(m => m.Key)))
            {
                if (FirstDifference(a[key], b[key], path.Length == 0 ? key : $"{path}.{key}") is { } found)
                {
                    return found;
                }
            }

            return null;
        }

        return JsonNode.DeepEquals(was, now) ? null : $"'{path}'{Meaning(path)} was {Brief(was)}, now {Brief(now)}";
    }

    // Roles are short names; what users change is the corpus's text.
    private static string Meaning(string path) =>
        path.StartsWith("inputs.data[", StringComparison.Ordinal) && path.EndsWith(']') ? " (the text of the corpus)" : "";

    private static string Brief(JsonNode? node) => node?.ToJsonString() is { } text ? (text.Length > 60 ? text[..57] + "..." : text) : "absent";

    // How many bad records are allowed decides whether work ends, not what it computes: a run that stopped at one continues with more allowed.
    private static JsonNode WithoutLimits(JsonNode config)
    {
        foreach (var node in new[] { config, config["scoring"] }.OfType<JsonObject>())
        {
            node.Remove("max_invalid");
            node.Remove("on_bad_sample");
        }

        return config;
    }

    private JsonObject Identity() => new()
    {
        ["kind"] = Kind,
        ["config"] = WithoutLimits(Config.DeepClone()),
        ["inputs"] = JsonSerializer.SerializeToNode(Inputs),
        ["num_threads"] = NumThreads,
    };
}
