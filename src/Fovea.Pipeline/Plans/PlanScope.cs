using System.Text;
using Fovea.Core.Configuration;

namespace Fovea.Pipeline.Plans;

/// <summary>
/// Fills in what a plan's values name: <c>${parameter}</c>, <c>${axis}</c>, <c>${table.${axis}.key}</c>, <c>${env.NAME:-default}</c>, and objects
/// to begin from (<c>"&lt;&lt;"</c>).
/// </summary>
/// <param name="parameters">The plan's.</param>
/// <param name="axes">The values of this one stage; they take precedence.</param>
/// <param name="read">Collects every value that was used.</param>
internal sealed class PlanScope(IReadOnlyDictionary<string, PlanParameter> parameters, IReadOnlyDictionary<string, ConfigNode> axes, HashSet<ConfigNode> read)
{
    private const string Open = "${", Base = "<<", Environment = "env.";
    private const int MostNested = 32, MostValues = 1 << 20, LongestText = 1 << 20;
    private int _depth, _values;

    /// <summary>The value with all of that filled in.</summary>
    /// <exception cref="InvalidInputException">A name is unknown, refers to itself, or is an object within a text.</exception>
    public ConfigNode Fill(ConfigNode node)
    {
        read.Add(node);
        if (++_values > MostValues)
        {
            throw node.Error($"more than {MostValues} values, once what they name is filled in");
        }

        return node.Kind switch
        {
            JsonTokenType.String => OfText(node),
            JsonTokenType.StartObject => OfObject(node),
            JsonTokenType.StartArray => OfList(node),
            _ => node,
        };
    }

    /// <summary>The same of a text that must remain one.</summary>
    public string Fill(string text, ConfigNode at)
    {
        var filled = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text.AsSpan(i).StartsWith("$$"))
            {
                filled.Append("$$"); // a dollar sign, for what reads references to see
                i++;
            }
            else if (text.AsSpan(i).StartsWith(Open))
            {
                var end = Closing(text, i + Open.Length, at);
                var value = Find(Fill(text[(i + Open.Length)..end], at), at);
                filled.Append(value.Kind switch
                {
                    JsonTokenType.String or JsonTokenType.Number => value.Text,
                    JsonTokenType.True => "true",
                    JsonTokenType.False => "false",
                    _ => throw at.Error($"'{text}': {text[i..(end + 1)]} is {value.InWords}, which cannot be a part of a text"),
                });
                i = end;
            }
            else
            {
                filled.Append(text[i]);
            }

            if (filled.Length > LongestText)
            {
                throw at.Error($"'{Quoted.Shorten(text)}': more than {LongestText} characters, once what it names is filled in");
            }
        }

        return filled.ToString();
    }

    private ConfigNode OfText(ConfigNode node) =>
        !node.Text.Contains(Open, StringComparison.Ordinal) ? node
        : node.Text.StartsWith(Open, StringComparison.Ordinal) && Closing(node.Text, Open.Length, node) == node.Text.Length - 1
            ? Find(Fill(node.Text[Open.Length..^1], node), node)
        : ConfigNode.OfText(Fill(node.Text, node), node);

    private ConfigNode OfList(ConfigNode node)
    {
        var list = ConfigNode.Of(JsonTokenType.StartArray, node);
        list.Elements.AddRange(node.Elements.Select(Fill));
        return list;
    }

    private ConfigNode OfObject(ConfigNode node)
    {
        var own = ConfigNode.Of(JsonTokenType.StartObject, node);
        foreach (var (key, value) in node.Members.Where(m => m.Key != Base))
        {
            own.Members[key] = Fill(value);
        }

        if (!node.Members.TryGetValue(Base, out var bases))
        {
            return own;
        }

        var filled = Fill(bases);
        var whole = ConfigNode.Of(JsonTokenType.StartObject, node);
        foreach (var one in filled.Kind == JsonTokenType.StartArray ? filled.Elements : [filled])
        {
            whole = one.Kind switch
            {
                JsonTokenType.StartObject => PlanFile.Merge(whole, one),
                JsonTokenType.Null => whole,
                _ => throw bases.Error($"'{Base}': expected an object or a list of objects to begin from, got {one.InWords}"),
            };
        }

        return PlanFile.Merge(whole, own);
    }

    private ConfigNode Find(string path, ConfigNode at)
    {
        if (path.StartsWith(Environment, StringComparison.Ordinal))
        {
            return OfEnvironment(path[Environment.Length..], at);
        }

        var name = path.Split('.')[0];
        var node = axes.GetValueOrDefault(name) ?? (parameters.TryGetValue(name, out var parameter)
            ? parameter.Value ?? throw at.Error($"'{Open}{path}}}': parameter '{name}' was not given")
            : throw at.Error($"'{Open}{path}}}': no such parameter{NearestName.Hint(name, parameters.Keys.Concat(axes.Keys))}; known "
                + $"here: {string.Join(", ", axes.Keys.Concat(parameters.Keys))}"));
        if (++_depth > MostNested)
        {
            throw at.Error($"'{Open}{path}}}' refers to itself, or to others more than {MostNested} deep");
        }

        var rest = path[name.Length..].TrimStart('.');
        while (rest.Length > 0)
        {
            node = node.Kind == JsonTokenType.String || node.Members.ContainsKey(Base) ? Fill(node) : node;
            var key = node.Members.Keys.Where(k => rest == k || rest.StartsWith(k + ".", StringComparison.Ordinal))
                .MaxBy(k => k.Length) // keys such as blur@7.5 hold dots
                ?? throw at.Error($"'{Open}{path}}}': {name} has no "
                    + $"'{rest}'{NearestName.Hint(rest, node.Members.Keys)}{(node.Members.Count > 0 ? $"; it has {string.Join(", ", node.Members.Keys)}" : $": it is {node.InWords}")}");
            (node, rest) = (node.Members[key], rest[key.Length..].TrimStart('.'));
        }

        var filled = Fill(node);
        _depth--;
        return filled;
    }

    private static ConfigNode OfEnvironment(string text, ConfigNode at)
    {
        var parts = text.Split(":-", 2);
        return ConfigNode.OfText(
            System.Environment.GetEnvironmentVariable(parts[0]) is { Length: > 0 } value ? value
            : parts.Length > 1 ? parts[1]
            : throw at.Error(
                $"'{Open}{Environment}{text}}}': {parts[0]} is not set in the environment; set it, or write {Open}{Environment}{parts[0]}:-DEFAULT}}"), at);
    }

    private static int Closing(string text, int from, ConfigNode at)
    {
        var depth = 1;
        for (var i = from; i < text.Length; i++)
        {
            depth += text[i] == '}' ? -1 : text[i] == '{' && text[i - 1] == '$' ? 1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        throw at.Error($"'{text}': expected '}}' after '{Open}'");
    }
}
