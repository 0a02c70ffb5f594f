using System.Text.RegularExpressions;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Studies;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>A plan that can be run: every stage with its whole configuration, checked, in an order in which each comes after what it reads.</summary>
/// <param name="Name">Title of the run.</param>
/// <param name="Findings">Which tables its report shows; null: all evaluations, arm beside arm.</param>
/// <param name="NumWorkers">Worker processes side by side; 0: one for each <paramref name="NumThreads"/> processors.</param>
/// <param name="NumThreads">Threads of one operation in a worker.</param>
/// <param name="Stages">The stages.</param>
/// <param name="Parameters">What was set, and the defaults of the rest.</param>
public sealed partial record Plan(string Name, string? Findings, int NumWorkers, int NumThreads, IReadOnlyList<StageSpec> Stages, JsonObject Parameters)
{
    /// <summary>What the plan asks as a study; null: nothing.</summary>
    public StudyQuestions? Study { get; init; }

    /// <summary>Fills in a plan and checks all of it, before anything runs.</summary>
    /// <param name="file">The plan as it is written.</param>
    /// <param name="root">The run's folder.</param>
    /// <exception cref="InvalidInputException">The first thing that is wrong, with its file and line.</exception>
    public static Plan Of(PlanFile file, string root)
    {
        if (file.Parameters.Values.FirstOrDefault(p => p is { IsRequired: true, Value: null }) is { } missing)
        {
            throw missing.At.Error(
                $"parameter '{missing.Name}' is required{(missing.Help is null ? "" : $" ({missing.Help})")}; give --set {missing.Name}=VALUE");
        }

        if (file.Findings is { } findings && !Pipeline.Findings.FindingsCatalog.Names.Contains(findings))
        {
            throw new InvalidInputException(file.Path, null,
                $"'findings': no '{findings}'{NearestName.Hint(findings, Pipeline.Findings.FindingsCatalog.Names)}; known "
                    + $"are {string.Join(", ", Pipeline.Findings.FindingsCatalog.Names)}");
        }

        var expanded = new PlanExpansion(file).Stages();
        var references = new PlanReferences(expanded, root);
        var resolved = expanded.ToDictionary(s => s.Name, references.Resolve, StringComparer.Ordinal);
        var order = new PlanOrder(expanded, resolved.ToDictionary(r => r.Key, r => r.Value.Uses, StringComparer.Ordinal), file.Targets).Stages();
        var stages = new Dictionary<string, IStage>(StringComparer.Ordinal);
        var specs = new List<StageSpec>();
        foreach (var one in order)
        {
            var (config, uses) = resolved[one.Name];
            var stage = stages[one.Name] = Bind(one, config);
            Check(one, config, stage.Check);
            CheckInputs(config, stage.GetType(), uses);
            uses.ToList().ForEach(u => CheckOutput(u, stages[u.Target.Name]));
            specs.Add(new StageSpec(one.Name, one.Kind, JsonSerializer.SerializeToNode(stage, stage.GetType(), StageManifest.Json)!.AsObject(), [.. uses.Select(u => u.Target.Name).Distinct()], null)
            {
                Key = one.Key,
                Axes = one.Axes,
            });
        }

        if (file.Findings is { } kind && Pipeline.Findings.FindingsCatalog.Axes(kind)
            .FirstOrDefault(a => !specs.Exists(s => s.Axes.ContainsKey(a))) is { } axis)
        {
            throw new InvalidInputException(file.Path, null, $"the findings '{kind}' read a plan over the "
                + $"axes {string.Join(" and ", Pipeline.Findings.FindingsCatalog.Axes(kind))}, such as configs/demo.jsonc; this one has no '{axis}': "
                + $"leave 'findings' out");
        }

        var sizes = new StageSizes(root, stages);
        foreach (var one in order)
        {
            Check(one, resolved[one.Name].Config, () => stages[one.Name].CheckGiven(sizes));
        }

        return new Plan(file.Name, file.Findings, file.NumWorkers, file.NumThreads, [.. specs.Select(s => s with { Work = stages[s.Name].Work(sizes), Memory = stages[s.Name].Memory(sizes) })], ParametersOf(file))
        {
            Study = PlanStudy.Of(file, order),
        };
    }

    /// <summary>The values of an axis of the whole plan, such as <c>seed</c>, in their order.</summary>
    public IReadOnlyList<string> Values(string axis) => [.. Stages.Select(s => s.Axes.GetValueOrDefault(axis)).OfType<string>().Distinct()];

    private static IStage Bind(ExpandedStage stage, ConfigNode config)
    {
        try
        {
            return (IStage)ConfigBinder.Bind(config, StageCatalog.TypeOf(stage.Kind));
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(e.File, null, $"{e.Reason} (stage {stage.Name})", e);
        }
    }

    // A check names the key that it refuses, which is somewhere in the file.
    private static void Check(ExpandedStage one, ConfigNode config, Action check)
    {
        try
        {
            check();
        }
        catch (FoveaException e)
        {
            var at = config;
            foreach (var key in NamedKey().Match(e.Message) is { Success: true } m ? m.Groups[1].Value.Split('.') : [])
            {
                at = at.Members.GetValueOrDefault(key) ?? at;
            }

            throw at.Error($"stage {one.Name}: {e.Message}", e);
        }
    }

    // What no stage makes must be there.
    private static void CheckInputs(ConfigNode config, Type type, IReadOnlyList<PlanReferences.Use> uses)
    {
        foreach (var (key, path) in InputPathAttribute.Find(config, type))
        {
            if (!uses.Any(u => ReferenceEquals(u.At, path)) && !File.Exists(path.Text) && !Directory.Exists(path.Text))
            {
                throw path.Error($"'{key}': no such file or folder: {path.Text}");
            }
        }
    }

    private static void CheckOutput(PlanReferences.Use use, IStage target)
    {
        var output = use.Output.Split('/')[0];
        if (output.Length > 0 && target.Outputs is { } outputs && !outputs.Contains(output))
        {
            throw use.At.Error($"stage {use.Target.Name} makes no '{output}'{NearestName.Hint(output, outputs)}; it "
                + $"makes {(outputs.Count == 0 ? "nothing that is named by itself: refer to the stage" : string.Join(", ", outputs))}");
        }
    }

    /// <summary>The parameters of a plan as they are set.</summary>
    public static JsonObject ParametersOf(PlanFile file) =>
        new(file.Parameters.Select(p => KeyValuePair.Create(p.Key, p.Value.Value is { } value ? Json(value) : null)));

    private static JsonNode? Json(ConfigNode node) => node.Kind switch
    {
        JsonTokenType.StartObject => new JsonObject(node.Members.Select(m => KeyValuePair.Create(m.Key, Json(m.Value)))),
        JsonTokenType.StartArray => new JsonArray([.. node.Elements.Select(Json)]),
        JsonTokenType.String => node.Text,
        JsonTokenType.Null => null,
        _ => JsonNode.Parse(node.Kind is JsonTokenType.True ? "true" : node.Kind is JsonTokenType.False ? "false" : node.Text),
    };

    [GeneratedRegex(@"'?\b([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\b'?:")]
    private static partial Regex NamedKey();
}
