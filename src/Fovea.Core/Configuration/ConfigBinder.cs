using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Fovea.Core.Errors;
using Fovea.Core.Files;

namespace Fovea.Core.Configuration;

/// <summary>
/// Fills a record from a parsed JSONC file, strictly: an unknown key, a missing required key or a wrong type is one line
/// that names file, line, path and the nearest known key. Keys are the properties' names in snake_case.
/// </summary>
public sealed partial class ConfigBinder
{
    private readonly NullabilityInfoContext _nullability = new();
    private readonly bool _expands;

    private ConfigBinder(bool expands) => _expands = expands;

    /// <summary>Reads a file and applies overrides such as <c>training.learning_rate=2e-5</c>.</summary>
    /// <exception cref="InvalidInputException">The file is absent or does not fit <typeparamref name="T"/>.</exception>
    public static T Load<T>(string path, IEnumerable<string>? overrides = null)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(path, null, "no such config file; give an existing .jsonc file to --config");
        }

        return Read<T>(RegularFile.ReadAllText(path, RegularFile.MaxJson), path, overrides);
    }

    /// <summary>Reads JSONC text; <paramref name="file"/> is its name in errors.</summary>
    public static T Read<T>(string json, string file, IEnumerable<string>? overrides = null)
    {
        var root = ConfigNode.Parse(json, file);
        foreach (var item in overrides ?? [])
        {
            var at = item.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new UsageException($"--set {item}: expected key.path=value");
            }

            root.Set(item[..at].Trim(), item[(at + 1)..].Trim());
        }

        return (T)new ConfigBinder(expands: true).Bind(root, typeof(T), "")!;
    }

    /// <summary>Fills a record of <paramref name="type"/> from what is parsed already, strings as they are.</summary>
    /// <exception cref="InvalidInputException">It does not fit.</exception>
    public static object Bind(ConfigNode node, Type type) => new ConfigBinder(expands: false).Bind(node, type, "")!;

    /// <summary>Property name to key: <c>LearningRate</c> -> <c>learning_rate</c>.</summary>
    public static string KeyOf(PropertyInfo property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    /// <summary>The properties of a record that a file may set: those that can be set and are written again.</summary>
    public static IEnumerable<PropertyInfo> Keys(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.CanWrite && p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always });

    private object? Bind(ConfigNode node, Type type, string path)
    {
        var inner = Nullable.GetUnderlyingType(type);
        if (node.Kind == JsonTokenType.Null)
        {
            return inner is not null || !type.IsValueType ? null : throw Wrong(node, path, Describe(type), "null");
        }

        type = inner ?? type;
        if (type == typeof(string))
        {
            return node.Kind == JsonTokenType.String ? (_expands ? Expand(node.Text) : node.Text) : throw Wrong(node, path, "a string", node.InWords);
        }

        if (type == typeof(bool))
        {
            return node.Kind is JsonTokenType.True or JsonTokenType.False
                ? node.Kind == JsonTokenType.True : throw Wrong(node, path, "true or false", node.InWords);
        }

        if (type.IsEnum)
        {
            return BindEnum(node, type, path);
        }

        if (type.IsPrimitive || type == typeof(decimal))
        {
            return BindNumber(node, type, path);
        }

        if (ElementType(type) is { } element)
        {
            return BindList(node, type, element, path);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            return BindDictionary(node, type.GetGenericArguments()[1], path);
        }

        return BindRecord(node, type, path);
    }

    private object BindRecord(ConfigNode node, Type type, string path)
    {
        if (node.Kind != JsonTokenType.StartObject)
        {
            throw Wrong(node, path, "an object", node.InWords);
        }

        var properties = Keys(type).ToDictionary(KeyOf);
        var result = Activator.CreateInstance(type)!;
        foreach (var (key, value) in node.Members)
        {
            if (!properties.TryGetValue(key, out var property))
            {
                throw value.Error(
                    $"unknown key '{Join(path, key)}'{NearestName.Hint(key, properties.Keys)}; known here: {string.Join(", ", properties.Keys)}");
            }

            if (value.Kind == JsonTokenType.Null && _nullability.Create(property).WriteState == NullabilityState.NotNull)
            {
                throw Wrong(value, Join(path, key), Describe(property.PropertyType), "null");
            }

            property.SetValue(result, Bind(value, property.PropertyType, Join(path, key)));
        }

        var missing = properties.FirstOrDefault(p => p.Value.GetCustomAttribute<RequiredMemberAttribute>() is not null && !node.Members.ContainsKey(p.Key));
        return missing.Key is null
            ? result
            : throw node.Error($"missing key '{Join(path, missing.Key)}', expected {Describe(missing.Value.PropertyType)}");
    }

    private static object BindEnum(ConfigNode node, Type type, string path)
    {
        var names = Enum.GetNames(type).ToDictionary(JsonNamingPolicy.SnakeCaseLower.ConvertName);
        return node.Kind == JsonTokenType.String && names.TryGetValue(node.Text, out var name)
            ? Enum.Parse(type, name)
            : throw Wrong(node, path, "one of " + string.Join(", ", names.Keys),
                node.InWords + (node.Kind == JsonTokenType.String ? NearestName.Hint(node.Text, names.Keys) : ""));
    }

    private static object BindNumber(ConfigNode node, Type type, string path)
    {
        var number = node.Kind != JsonTokenType.Number ? null
            : type == typeof(double) || type == typeof(float) ? Real(node.Text, type) : Exact(node.Text, type);
        return number ?? throw Wrong(node, path, Describe(type) + (IsTooLarge(node, type) ? $" from {int.MinValue} to {int.MaxValue}" : ""), node.InWords);
    }

    private static bool IsTooLarge(ConfigNode node, Type type) =>
        type == typeof(int) && node.Kind == JsonTokenType.Number && PlainNumber.Parse<double>(node.Text) is { } number && Math.Abs(number) > int.MaxValue;

    private static object? Real(string text, Type type) =>
        PlainNumber.Parse<double>(text) is { } number && (type == typeof(double) || float.IsFinite((float)number))
            ? Convert.ChangeType(number, type, CultureInfo.InvariantCulture)
            : null;

    // Integers may be written as 1e3 or 2.0; a fraction, or what does not fit, is none.
    private static object? Exact(string text, Type type)
    {
        if (PlainNumber.Parse<decimal>(text) is not { } number || (type != typeof(decimal) && number != decimal.Truncate(number)))
        {
            return null;
        }

        try
        {
            return Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private Array BindList(ConfigNode node, Type type, Type element, string path)
    {
        if (node.Kind != JsonTokenType.StartArray)
        {
            throw Wrong(node, path, Describe(type), node.InWords);
        }

        var items = Array.CreateInstance(element, node.Elements.Count);
        for (var i = 0; i < items.Length; i++)
        {
            items.SetValue(Bind(node.Elements[i], element, $"{path}[{i}]"), i);
        }

        return items;
    }

    private IDictionary BindDictionary(ConfigNode node, Type value, string path)
    {
        var result = (IDictionary)Activator.CreateInstance(typeof(OrderedDictionary<,>).MakeGenericType(typeof(string), value))!;
        foreach (var (key, item) in node.Kind == JsonTokenType.StartObject ? node.Members : throw Wrong(node, path, "an object", node.InWords))
        {
            result[key] = Bind(item, value, Join(path, key));
        }

        return result;
    }

    private static Type? ElementType(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0]
        : null;

    private static InvalidInputException Wrong(ConfigNode node, string path, string expected, string got) =>
        node.Error($"'{(path.Length == 0 ? "the file" : path)}': expected {expected}, got {got}");

    private static string Join(string path, string key) => path.Length == 0 ? key : path + "." + key;

    private static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? "a string"
            : type == typeof(bool) ? "true or false"
            : type == typeof(double) || type == typeof(float) || type == typeof(decimal) ? "a number"
            : type.IsPrimitive ? "a whole number"
            : type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName))
            : ElementType(type) is { } e ? $"a list of {Several(e)}"
            : "an object";
    }

    private static string Several(Type type)
    {
        var one = Describe(type);
        return one.StartsWith("one of", StringComparison.Ordinal) ? "names, each " + one
            : one == "true or false" ? "values, each " + one
            : (one.StartsWith("an ", StringComparison.Ordinal) ? one[3..] : one[2..]) + "s";
    }

    /// <summary>Replaces <c>${NAME:-default}</c> and <c>${NAME}</c> by the environment's value.</summary>
    private static string Expand(string text) => Variable().Replace(text, m =>
        Environment.GetEnvironmentVariable(m.Groups[1].Value) is { Length: > 0 } value ? value : m.Groups[3].Value);

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}")]
    private static partial Regex Variable();
}
