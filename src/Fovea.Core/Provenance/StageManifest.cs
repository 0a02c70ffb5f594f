using System.Text.Encodings.Web;
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

    private const string InputsPrefix = "inputs.";

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

    /// <summary>Processor seconds of this process meanwhile, all threads; what else runs on the machine hardly changes them. Never part of a result.</summary>
    public double CoreSeconds { get; init; }

    /// <summary>
    /// How artefacts are serialised: snake_case, indented, enums by name; NaN by name too, so that what checks the value can say what it expects.
    /// </summary>
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
            return JsonSerializer.Deserialize<StageManifest>(RegularFile.ReadAllText(path, RegularFile.MaxJson), Json);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, "not a manifest of this version; remove the folder or choose another --out", e);
        }
    }

    /// <summary>Refuses to continue other work: names the first field that differs.</summary>
    /// <param name="before">What the folder holds.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="whichFile">Of an input of many files, by its role: the one that changed, in words; null where that is not known.</param>
    /// <exception cref="FoveaException">Config, inputs, thread count or kind differ.</exception>
    public void MustMatch(StageManifest before, string folder, Func<string, string?>? whichFile = null)
    {
        if (FirstDifference(before.Identity(), Identity(), "") is not { } found)
        {
            return;
        }

        var role = found.Path.StartsWith(InputsPrefix, StringComparison.Ordinal) ? found.Path[InputsPrefix.Length..] : null;
        var file = role is null ? null : whichFile?.Invoke(role);
        var what = file is null ? $"'{found.Path}'{Meaning(found.Path)} was {Brief(found.Was)}, now {Brief(found.Now)}" : $"'{found.Path}': {file}";
        throw new FoveaException($"{folder}: cannot be continued: {what}; {Advice(found.Path, role is not null && file is null ? before : null)}");
    }

    private string Advice(string path, StageManifest? before) =>
        path == "num_threads" ? "give --threads as before, --any-threads to accept other last bits (train), or another --out"
        : path.EndsWith("].file", StringComparison.Ordinal) ? "for the same records under a new file name give --rename OLD=NEW, else another --out"
        : before is not null && before.Versions.GetValueOrDefault("fovea") != Versions.GetValueOrDefault("fovea")
            ? $"it was begun by fovea {before.Versions.GetValueOrDefault("fovea")}, which may have recorded its inputs otherwise: finish it with that version, "
                + $"or give another --out (what is complete is read as it is)"
        : "give what it was begun with, remove the folder, or give another --out";

    /// <summary>The first path at which two JSON values differ; null if they are equal.</summary>
    private static (string Path, JsonNode? Was, JsonNode? Now)? FirstDifference(JsonNode? was, JsonNode? now, string path)
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

        if (was is JsonArray before && now is JsonArray after && before.Count == after.Count)
        {
            return Enumerable.Range(0, before.Count).Select(i => FirstDifference(before[i], after[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
        }

        return JsonNode.DeepEquals(was, now) ? null : (path, was, now);
    }

    // Roles are short names; what users change is the corpus's text.
    private static string Meaning(string path) =>
        path.StartsWith("inputs.data[", StringComparison.Ordinal) && path.EndsWith(']') ? " (the text of the corpus)" : "";

    private static string Brief(JsonNode? node)
    {
        const int Most = 60;
        var text = node?.ToJsonString() ?? "absent";
        if (text.Length <= Most)
        {
            return text;
        }

        var cut = text[..(Most - 4)];
        return cut + (cut.Count(c => c == '"') % 2 == 1 ? "...\"" : "..."); // a text that is cut is closed
    }

    // How many bad records are allowed decides whether work ends, not what it computes: a run that stopped at one continues with more allowed.
    // Work that was begun before a configuration named its device was computed on the CPU.
    private static JsonNode WithoutLimits(JsonNode config)
    {
        if (config["device"] is JsonValue device && device.TryGetValue<string>(out var name) && name == "cpu")
        {
            config.AsObject().Remove("device");
        }

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
