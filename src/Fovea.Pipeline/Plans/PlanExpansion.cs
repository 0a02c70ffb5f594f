using Fovea.Core.Configuration;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Stages;

namespace Fovea.Pipeline.Plans;

/// <summary>One stage of a plan for one combination of its axes.</summary>
/// <param name="Name">Its folder below the run's.</param>
/// <param name="Local">The same without what the whole plan is repeated for: what other stages refer to it by.</param>
/// <param name="Key">Its key in the file, axes not filled in.</param>
/// <param name="Cell">The folder of the repetition that it belongs to, with its slash; empty where the plan is not repeated.</param>
/// <param name="Axes">Values of the plan's axes and of its own, by name.</param>
/// <param name="Kind">The kind of stage.</param>
/// <param name="Config">Its configuration, references not resolved yet.</param>
/// <param name="At">The stage in the file.</param>
internal sealed record ExpandedStage(
    string Name, string Local, string Key, string Cell, OrderedDictionary<string, string> Axes, string Kind, ConfigNode Config, ConfigNode At);

/// <summary>Repeats a plan and its stages for every combination of their axes.</summary>
internal sealed class PlanExpansion(PlanFile file)
{
    private const string KindKey = "kind", ForKey = "for";
    private const int MostStages = 10_000, LongestPart = 100;
    private static readonly string[] OfTheRun = [StageManifest.FileName, TrainingReport.FileName];

    private readonly HashSet<ConfigNode> _read = [];

    /// <summary>All stages, in the order of the file.</summary>
    /// <exception cref="InvalidInputException">An axis, a name or a kind is wrong, or two stages have one name.</exception>
    public IReadOnlyList<ExpandedStage> Stages()
    {
        var stages = new OrderedDictionary<string, ExpandedStage>(StringComparer.Ordinal);
        foreach (var cell in Combinations(file.For, [], isPlan: true))
        {
            foreach (var (key, at) in file.Stages)
            {
                if (at.Kind != JsonTokenType.StartObject)
                {
                    throw at.Error($"stage '{key}': expected an object, got {at.InWords}");
                }

                foreach (var stage in Expand(key, at, cell))
                {
                    if (!stages.TryAdd(stage.Name, stage))
                    {
                        throw at.Error($"stage '{key}': two stages have the name {stage.Name}; use every axis of 'for' in its key, "
                            + $"e.g. {key}-${{{stage.Axes.Keys.LastOrDefault("AXIS")}}}");
                    }

                    if (stages.Count > MostStages)
                    {
                        throw at.Error($"stage '{key}': more than {MostStages} stages; repeat over fewer values, or split the plan");
                    }
                }
            }
        }

        if (stages.Count == 0)
        {
            throw new InvalidInputException(file.Path, null, "no stage is left to run: each is repeated over an empty list");
        }

        CheckFolders(stages);
        foreach (var parameter in file.Parameters.Values)
        {
            CheckRead(parameter.Value, parameter.Name, file.Parameters.Keys);
        }

        return [.. stages.Values];
    }

    private static void CheckFolders(OrderedDictionary<string, ExpandedStage> stages)
    {
        foreach (var stage in stages.Values)
        {
            for (var parent = Path.GetDirectoryName(stage.Name); parent is { Length: > 0 }; parent = Path.GetDirectoryName(parent))
            {
                if (stages.ContainsKey(parent))
                {
                    throw stage.At.Error($"stage '{stage.Name}' would lie in the folder of the stage '{parent}'; rename one of them");
                }
            }
        }
    }

    // What is given and read by nothing is a slip: only tables of the file itself hold more than one run reads.
    private void CheckRead(ConfigNode? node, string path, IEnumerable<string> neighbours)
    {
        if (node is not { Line: 0 })
        {
            foreach (var (key, value) in node?.Members ?? [])
            {
                CheckRead(value, $"{path}.{key}", node!.Members.Keys);
            }
        }
        else if (!IsRead(node))
        {
            var name = path[(path.LastIndexOf('.') + 1)..];
            throw node.Error($"'{path}': nothing in the plan reads it{NearestName.Hint(name, neighbours.Where(n => n != name))}");
        }
    }

    private bool IsRead(ConfigNode node) => _read.Contains(node) || node.Members.Values.Any(IsRead);

    private IEnumerable<ExpandedStage> Expand(string key, ConfigNode at, OrderedDictionary<string, ConfigNode> cell)
    {
        var kind = PlanFile.Text(at, KindKey) ?? throw at.Error($"stage '{key}': missing 'kind', one of {string.Join(", ", StageCatalog.Names)}");
        if (!StageCatalog.Names.Contains(kind))
        {
            throw at.Members[KindKey].Error($"stage '{key}': no stage is of the kind '{kind}'{NearestName.Hint(kind, StageCatalog.Names)}; known "
                + $"are {string.Join(", ", StageCatalog.Names)}");
        }

        var axes = !at.Members.TryGetValue(ForKey, out var own) ? []
            : own.Kind == JsonTokenType.StartObject ? own.Members
            : throw own.Error($"'for': expected an object of axes, got {own.InWords}");
        var prefix = string.Concat(cell.Select(c => $"{c.Key}-{c.Value.Text}/"));
        foreach (var values in Combinations(axes, cell, isPlan: false))
        {
            var scope = new PlanScope(file.Parameters, values, _read);
            var local = scope.Fill(key, at);
            Named(prefix + local, at);
            var config = ConfigNode.Of(JsonTokenType.StartObject, at);
            foreach (var (name, value) in at.Members.Where(m => m.Key is not (KindKey or ForKey)))
            {
                config.Members[name] = value;
            }

            var texts = new OrderedDictionary<string, string>(values.Select(v => KeyValuePair.Create(v.Key, v.Value.Text)), StringComparer.Ordinal);
            yield return new ExpandedStage(prefix + local, local, key, prefix, texts, kind, scope.Fill(config), at);
        }
    }

    private IEnumerable<OrderedDictionary<string, ConfigNode>> Combinations(OrderedDictionary<string, ConfigNode> axes,
        OrderedDictionary<string, ConfigNode> outer, bool isPlan)
    {
        IEnumerable<OrderedDictionary<string, ConfigNode>> all = [outer];
        foreach (var (axis, node) in axes)
        {
            all = all.SelectMany(before => Values(axis, node, before, isPlan)
                .Select(value => new OrderedDictionary<string, ConfigNode>(before, StringComparer.Ordinal) { [axis] = value }));
        }

        return all;
    }

    private List<ConfigNode> Values(string axis, ConfigNode node, OrderedDictionary<string, ConfigNode> before, bool isPlan)
    {
        var filled = new PlanScope(file.Parameters, before, _read).Fill(node);
        var values = filled.Kind == JsonTokenType.StartArray ? filled.Elements : [filled];
        var stray = values.Find(v => v.Kind is not (JsonTokenType.String or JsonTokenType.Number));
        return before.ContainsKey(axis) ? throw node.Error($"'for': {axis} is an axis of the whole plan already")
            : stray is not null ? throw stray.Error($"'for': {axis}: expected a list of texts or numbers, "
                + $"got {stray.InWords}{(stray.Kind == JsonTokenType.StartObject ? "; keep settings in a parameter, and name them as ${PARAMETER.${" + axis + "}}" : "")}")
            : values.Count == 0 && isPlan ? throw filled.Error($"'for': {axis}: expected at least one value")
            : values.GroupBy(v => v.Text).FirstOrDefault(g => g.Count() > 1) is { } twice
                ? throw twice.Last().Error($"'for': {axis}: {twice.Key} is given twice")
            : values;
    }

    // A stage's name is its folder: it stays below the run's, whatever axis a part of it is from, and beside what the run itself writes.
    private static void Named(string name, ConfigNode at)
    {
        var parts = name.Split('/');
        if (!parts.All(p => p.Length > 0 && p[0] != '.' && p.All(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or '@' or '+')))
        {
            throw at.Error($"stage '{Quoted.Shorten(name)}': expected a name of letters, digits, and . - _ @ + between slashes, since it is the name "
                + $"of its folder");
        }

        if (Array.Find(parts, p => p.Length > LongestPart) is { } part)
        {
            throw at.Error($"stage '{Quoted.Shorten(name)}': expected at most {LongestPart} characters between slashes, since they are the name of a folder; "
                + $"got {part.Length}");
        }

        if (OfTheRun.Contains(parts[0]))
        {
            throw at.Error($"stage '{name}': {parts[0]} is a file of the run; rename the stage");
        }
    }
}
