using Fovea.Core.Configuration;

namespace Fovea.Pipeline.Plans;

/// <summary>What can be set in a plan: <c>--set NAME=VALUE</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value or default; null where none was given.</param>
/// <param name="IsRequired">Whether it must be given.</param>
/// <param name="Help">What it means, for people.</param>
/// <param name="At">Where it is declared.</param>
public sealed record PlanParameter(string Name, ConfigNode? Value, bool IsRequired, string? Help, ConfigNode At)
{
    private static readonly string[] Keys = ["required", "default", "help"];

    /// <summary>Reads a declaration, <c>{"required": true, "help": "..."}</c> or <c>{"default": ..., "help": "..."}</c>, or a bare default.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">A declaration contradicts itself.</exception>
    internal static PlanParameter Read(string name, ConfigNode node)
    {
        if (!IsDeclaration(node))
        {
            return new PlanParameter(name, node, false, null, node);
        }

        var required = PlanFile.Flag(node, "required");
        var value = node.Members.GetValueOrDefault("default");
        return required == value is null
            ? new PlanParameter(name, value, required, PlanFile.Text(node, "help"), node)
            : throw node.Error($"parameter '{name}': expected \"required\": true or a default{(required ? ", not both" : "")}");
    }

    /// <summary>The same with another value; an object is merged into the one that is there.</summary>
    internal PlanParameter With(ConfigNode value) => this with { Value = PlanFile.Merge(Value, value) };

    /// <summary>Sets it, or what is inside it.</summary>
    /// <param name="path">Path from its name on, e.g. <c>training.steps</c>.</param>
    /// <param name="value">JSON, or a bare string.</param>
    internal PlanParameter Set(string path, string value)
    {
        var holder = ConfigNode.Of(JsonTokenType.StartObject, At);
        holder.Members[Name] = Value ?? ConfigNode.Of(JsonTokenType.Null, At);
        holder.Set(path, value);
        return this with { Value = holder.Members[Name] };
    }

    private static bool IsDeclaration(ConfigNode node) =>
        node.Kind == JsonTokenType.StartObject && node.Members.Keys.Any(k => k is "required" or "default") && node.Members.Keys.All(Keys.Contains);
}
