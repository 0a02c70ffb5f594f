using Fovea.Core.Configuration;

namespace Fovea.Pipeline.Plans;

/// <summary>A plan as it is written (docs/plans.md): its head, parameters, what it is repeated for, and its stages, nothing of it filled in yet.</summary>
public sealed class PlanFile
{
    private const int MostExtended = 8, MostThreads = 1024, LongestName = 200;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = StageManifest.Json.Encoder };
    /// <summary>The keys at the top of a plan.</summary>
    internal static readonly string[] Keys = ["extends", "name", "help", "findings", "num_workers", "num_threads", "targets", "parameters",
        "for", "stages", "study"];

    private PlanFile(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Title of the run.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Which tables its report shows; null: all evaluations, arm beside arm.</summary>
    public string? Findings { get; private set; }

    /// <summary>Worker processes side by side; 0: one for each <see cref="NumThreads"/> processors.</summary>
    public int NumWorkers { get; private set; }

    /// <summary>Threads of one operation in a worker.</summary>
    public int NumThreads { get; private set; } = 1;

    /// <summary>
    /// The stages that are wanted, as names in which <c>*</c> stands for any part between slashes; only they and what they read run. Null: all stages.
    /// </summary>
    internal ConfigNode? Targets { get; private set; }

    /// <summary>What <c>--set</c> sets.</summary>
    public OrderedDictionary<string, PlanParameter> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>The whole plan is repeated for each combination of these.</summary>
    internal OrderedDictionary<string, ConfigNode> For { get; } = new(StringComparer.Ordinal);

    internal OrderedDictionary<string, ConfigNode> Stages { get; } = new(StringComparer.Ordinal);

    /// <summary>What a study asks of the stages; null: nothing.</summary>
    internal ConfigNode? Study { get; private set; }

    /// <summary>Reads a file, and those that it extends.</summary>
    /// <exception cref="InvalidInputException">It is missing or no plan.</exception>
    public static PlanFile Load(string path) => Read(path, File);

    /// <summary>Reads one of the plans that are built into this program.</summary>
    public static PlanFile BuiltIn(string name) => Read(name, (file, _) => BuiltInPlans.Read(file));

    private static string File(string path, ConfigNode? at) => System.IO.File.Exists(path)
        ? RegularFile.ReadAllText(path, RegularFile.MaxJson)
        : throw (at?.Error($"'extends': no such file {path}") ?? new InvalidInputException(path, null, "no such plan; give an existing .jsonc file"));

    private static PlanFile Read(string path, Func<string, ConfigNode?, string> read)
    {
        var layers = new Stack<ConfigNode>();
        var (file, at) = (path, default(ConfigNode));
        while (true)
        {
            var root = ConfigNode.Parse(read(file, at), file);
            ConfigFile.RefuseOther(root, "fovea run");
            Known(root, Keys);
            layers.Push(root);
            if (!root.Members.TryGetValue("extends", out at))
            {
                break;
            }

            file = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(file)!, Text(root, "extends")!);
            if (layers.Count > MostExtended)
            {
                throw at.Error($"'extends': more than {MostExtended} files extend each other");
            }
        }

        var plan = new PlanFile(path);
        foreach (var layer in layers)
        {
            plan.Add(layer);
        }

        return plan.Stages.Count > 0 ? plan : throw new InvalidInputException(path, null,
            "not a plan: expected 'stages', an object of stages by their names (docs/plans.md)");
    }

    private void Add(ConfigNode layer)
    {
        Name = Text(layer, "name") ?? (Name.Length > 0 ? Name : System.IO.Path.GetFileNameWithoutExtension(Path));
        Findings = Text(layer, "findings") ?? Findings;
        if (Name.Length > LongestName)
        {
            throw layer.Members["name"].Error($"'name': expected at most {LongestName} characters, got {Name.Length}");
        }

        NumWorkers = Number(layer, "num_workers", 0) ?? NumWorkers;
        NumThreads = Number(layer, "num_threads", 1) ?? NumThreads;
        Targets = !layer.Members.TryGetValue("targets", out var targets) ? Targets : targets.Kind == JsonTokenType.Null ? null : targets;
        Study = !layer.Members.TryGetValue("study", out var study) ? Study : study.Kind == JsonTokenType.Null ? null : Merge(Study, study);
        foreach (var (name, node) in Section(layer, "parameters"))
        {
            var read = PlanParameter.Read(name, node);
            Parameters[name] = Parameters.TryGetValue(name, out var below) && ReferenceEquals(read.Value, node) ? below.With(node) : read;
        }

        foreach (var (section, target) in new[] { ("for", For), ("stages", Stages) })
        {
            foreach (var (name, node) in Section(layer, section))
            {
                target[name] = Merge(target.GetValueOrDefault(name), node);
                if (node.Kind == JsonTokenType.Null)
                {
                    target.Remove(name);
                }
            }
        }
    }

    /// <summary>Sets parameters as <c>--set</c> does.</summary>
    /// <param name="assignments">Each <c>name=value</c> or <c>name.inside=value</c>; the value as JSON, or a bare string.</param>
    /// <exception cref="UsageException">There is no such parameter, or it is no assignment.</exception>
    public void Set(IEnumerable<string> assignments)
    {
        foreach (var text in assignments)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            var path = at > 0 ? text[..at].Trim() : throw new UsageException($"--set {text}: expected NAME=VALUE");
            var name = path.Split('.', '[')[0];
            Parameters[name] = Parameters.TryGetValue(name, out var parameter)
                ? parameter.Set(path, text[(at + 1)..].Trim())
                : throw new UsageException($"--set {text}: {Path} has no parameter '{name}'{NearestName.Hint(name, Parameters.Keys)}; it "
                    + $"has {(Parameters.Count == 0 ? "none" : string.Join(", ", Parameters.Keys))}");
        }
    }

    /// <summary>For people: each parameter that says what it means, with its value, and the names of the others.</summary>
    /// <param name="values">The parameters of the plan that this file made.</param>
    public IEnumerable<string> Lines(JsonObject values) =>
    [
        .. Parameters.Values.Where(p => p.Help is not null)
            .Select(p => $"--set {p.Name}={Quoted.Shorten(values[p.Name]?.ToJsonString(Plain) ?? "null", 60)}  {p.Help}"),
        .. Parameters.Values.Where(p => p.Help is null).Select(p => p.Name).ToArray() is { Length: > 0 } others
            ? [$"other parameters: {string.Join(", ", others)}"] : Array.Empty<string>(),
    ];

    /// <summary>One value over another: objects are merged by their keys, anything else is replaced.</summary>
    internal static ConfigNode Merge(ConfigNode? below, ConfigNode above)
    {
        if (below is not { Kind: JsonTokenType.StartObject } || above.Kind != JsonTokenType.StartObject)
        {
            return above;
        }

        var merged = ConfigNode.Of(JsonTokenType.StartObject, above);
        foreach (var (key, value) in below.Members)
        {
            merged.Members[key] = value;
        }

        foreach (var (key, value) in above.Members)
        {
            merged.Members[key] = Merge(below.Members.GetValueOrDefault(key), value);
        }

        return merged;
    }

    /// <summary>The text of a key; null where it is absent.</summary>
    internal static string? Text(ConfigNode node, string key) => !node.Members.TryGetValue(key, out var value) ? null
        : value.Kind == JsonTokenType.String ? value.Text
        : throw value.Error($"'{key}': expected a string, got {value.InWords}");

    /// <summary>Whether a key is true; false where it is absent.</summary>
    internal static bool Flag(ConfigNode node, string key) =>
        node.Members.TryGetValue(key, out var value) && (value.Kind is JsonTokenType.True or JsonTokenType.False
        ? value.Kind == JsonTokenType.True
        : throw value.Error($"'{key}': expected true or false, got {value.InWords}"));

    private static int? Number(ConfigNode node, string key, int least) => !node.Members.TryGetValue(key, out var value) ? null
        : value.Kind == JsonTokenType.Number && PlainNumber.Parse<int>(value.Text) is { } number && number >= least && number <= MostThreads ? number
        : throw value.Error($"'{key}': expected a whole number from {least} to {MostThreads}, got {value.InWords}");

    private static OrderedDictionary<string, ConfigNode> Section(ConfigNode root, string key) => !root.Members.TryGetValue(key, out var section) ? []
        : section.Kind == JsonTokenType.StartObject ? section.Members
        : throw section.Error($"'{key}': expected an object, got {section.InWords}");

    private static void Known(ConfigNode root, string[] keys)
    {
        if (root.Kind != JsonTokenType.StartObject)
        {
            throw root.Error($"expected an object, got {root.InWords}");
        }

        if (root.Members.FirstOrDefault(m => !keys.Contains(m.Key)) is { Key: { } stray, Value: var node })
        {
            throw node.Error($"unknown key '{stray}'{NearestName.Hint(stray, keys)}; known here: {string.Join(", ", keys)}");
        }
    }
}
