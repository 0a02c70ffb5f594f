using Fovea.Core.Extending;

namespace Fovea.Models.Guidance;

/// <summary>The decoding methods.</summary>
public static class DecodingMethods
{
    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<DecodingDefinition> BuiltIn { get; } =
        new("decoding method", [VcdMethod.Definition, PaiMethod.Definition, VarMethod.Definition, ProxyGuidance.Definition]);

    /// <summary>Reads a method with its settings, e.g. <c>vcd</c> or <c>vcd@alpha=0.5,beta=0.2</c>.</summary>
    /// <param name="methods">The catalogue.</param>
    /// <param name="text">As a user wrote it.</param>
    /// <param name="proxy">A visionless proxy by its name.</param>
    /// <exception cref="UsageException">It is not listed, has no such setting, or the setting's value is not valid.</exception>
    public static DecodingMethod Parse(this Catalogue<DecodingDefinition> methods, string text, Func<string, ContrastImages> proxy)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var definition = methods.Get(at < 0 ? text : text[..at]);
        var settings = new Dictionary<string, string>();
        foreach (var part in at < 0 ? [] : text[(at + 1)..].Split(','))
        {
            var sign = part.IndexOf('=', StringComparison.Ordinal);
            var key = sign < 0 ? part : part[..sign];
            if (!definition.Keys.Contains(key))
            {
                throw new UsageException($"decoding by {definition.Name}: unknown setting '{Quoted.Shorten(key)}'{NearestName.Hint(key, definition.Keys)}");
            }

            if (sign < 0 || !settings.TryAdd(key, part[(sign + 1)..]))
            {
                throw new UsageException($"decoding by {definition.Name}: expected {key} once, as {key}=VALUE, got '{Quoted.Shorten(text)}'");
            }
        }

        return definition.Create(new DecodingRequest(settings, proxy));
    }
}
