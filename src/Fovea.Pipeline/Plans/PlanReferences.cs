using Fovea.Core.Configuration;

namespace Fovea.Pipeline.Plans;

/// <summary>Turns <c>$stage/file</c> into paths, and remembers who reads whom: the edges of the graph.</summary>
/// <param name="stages">All stages.</param>
/// <param name="root">The run's folder.</param>
internal sealed class PlanReferences(IReadOnlyList<ExpandedStage> stages, string root)
{
    private const string Mark = "$";
    private const int MostNamed = 12;

    /// <summary>One use of another stage's output.</summary>
    /// <param name="Target">Whose.</param>
    /// <param name="Output">What of it, relative to its folder; empty for the folder itself.</param>
    /// <param name="At">Where it is used: a path by now.</param>
    public sealed record Use(ExpandedStage Target, string Output, ConfigNode At);

    private readonly Dictionary<string, ExpandedStage> _byName = stages.ToDictionary(s => s.Name, StringComparer.Ordinal);

    /// <summary>A stage's configuration with paths, and its uses of others.</summary>
    /// <exception cref="InvalidInputException">It names a stage that is not there.</exception>
    public (ConfigNode Config, IReadOnlyList<Use> Uses) Resolve(ExpandedStage stage)
    {
        var uses = new List<Use>();
        return (Resolve(stage.Config, stage, uses), uses);
    }

    private ConfigNode Resolve(ConfigNode node, ExpandedStage stage, List<Use> uses)
    {
        switch (node.Kind)
        {
            case JsonTokenType.String:
                return !node.Text.StartsWith(Mark, StringComparison.Ordinal) || node.Text.StartsWith("$$", StringComparison.Ordinal)
                    ? node.Text.Contains("$$", StringComparison.Ordinal)
                        ? ConfigNode.OfText(node.Text.Replace("$$", Mark, StringComparison.Ordinal), node) : node
                    : Path(Find(node, node.Text[1..], stage), node, uses);
            case JsonTokenType.StartObject:
                var whole = ConfigNode.Of(node.Kind, node);
                foreach (var (key, value) in node.Members)
                {
                    whole.Members[key] = Resolve(value, stage, uses);
                }

                return whole;
            case JsonTokenType.StartArray:
                var list = ConfigNode.Of(node.Kind, node);
                list.Elements.AddRange(node.Elements.SelectMany(e => Many(e, stage, uses)));
                return list;
            default:
                return node;
        }
    }

    // In a list, $scores/* stands for all stages whose names fit.
    private IEnumerable<ConfigNode> Many(ConfigNode node, ExpandedStage stage, List<Use> uses)
    {
        if (node.Kind != JsonTokenType.String || !node.Text.StartsWith(Mark, StringComparison.Ordinal) || !node.Text.Contains('*', StringComparison.Ordinal))
        {
            return [Resolve(node, stage, uses)];
        }

        var parts = node.Text[1..].Split('/');
        var found = stages.Where(s => s.Cell == stage.Cell && s.Local.Split('/') is var own && own.Length <= parts.Length
            && PlanPattern.Fits(own, parts[..own.Length])).ToArray();
        return found.Length > 0
            ? [.. found.Select(s => Path((s, string.Join('/', parts.Skip(s.Local.Split('/').Length))), node, uses))]
            : throw node.Error($"'{node.Text}': no stage's name fits");
    }

    private (ExpandedStage Target, string Output) Find(ConfigNode node, string text, ExpandedStage stage)
    {
        for (var name = text; name.Length > 0; name = name[..Math.Max(0, name.LastIndexOf('/'))])
        {
            if (_byName.TryGetValue(stage.Cell + name, out var target))
            {
                return (target, text[name.Length..].TrimStart('/'));
            }
        }

        string[] known = [.. stages.Where(s => s.Cell == stage.Cell).Select(s => s.Local)];
        var hint = NearestName.Of(text, known) ?? known.Select(k => NearestName.Of(string.Join('/', text.Split('/').Take(k.Split('/').Length)), [k]))
            .FirstOrDefault(k => k is not null);
        throw node.Error($"'{node.Text}': no stage has this name{(hint is null ? "" : $" (did you mean '{Mark}{hint}'?)")}; "
            + $"stages are {string.Join(", ", known.Take(MostNamed))}{(known.Length > MostNamed ? ", ..." : "")} (write $$ for a dollar sign)");
    }

    private ConfigNode Path((ExpandedStage Stage, string Output) target, ConfigNode node, List<Use> uses)
    {
        var path = ConfigNode.OfText(System.IO.Path.Combine(root, target.Stage.Name, target.Output).TrimEnd('/'), node);
        uses.Add(new Use(target.Stage, target.Output, path));
        return path;
    }
}
