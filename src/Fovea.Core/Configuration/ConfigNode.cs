using System.Text;
using System.Text.Json;
using Fovea.Core.Errors;

namespace Fovea.Core.Configuration;

/// <summary>A value of a JSONC file that remembers its line, so that an error can point at it.</summary>
public sealed class ConfigNode
{
    private ConfigNode(JsonTokenType kind, int line)
    {
        Kind = kind;
        Line = line;
    }

    /// <summary>What kind of value: object, array, string, number, true, false or null.</summary>
    public JsonTokenType Kind { get; private set; }

    /// <summary>Line of the value, from 1; 0 for one that came from the command line.</summary>
    public int Line { get; private set; }

    /// <summary>The text of a string or number.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Members of an object, in order.</summary>
    public OrderedDictionary<string, ConfigNode> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>Elements of an array.</summary>
    public List<ConfigNode> Elements { get; } = [];

    /// <summary>Parses JSON with comments and trailing commas.</summary>
    /// <exception cref="InvalidInputException">The text is not JSON, or names a key twice.</exception>
    public static ConfigNode Parse(string json, string file)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            var root = ReadValue(ref reader, bytes, file);
            reader.Read(); // text after the root value is an error that the reader raises itself
            return root;
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(file, null, $"line {(e.LineNumber ?? 0) + 1}: not valid JSON: {Brief(e.Message)}; correct the file", e);
        }
    }

    /// <summary>Sets a path such as <c>training.steps</c> or <c>data[0].file</c> to a value given as JSON, or as a bare string where it is not JSON.</summary>
    /// <exception cref="UsageException">An index is none, or beyond the end of its list (one past it adds an element).</exception>
    public void Set(string path, string value)
    {
        var node = this;
        foreach (var key in path.Replace("[", ".[", StringComparison.Ordinal).Split('.'))
        {
            node = key.StartsWith('[') ? node.Element(key, path) : node.Member(key);
        }

        node.Become(FromCommandLine(value));
    }

    private ConfigNode Member(string key)
    {
        if (Kind != JsonTokenType.StartObject)
        {
            Become(new ConfigNode(JsonTokenType.StartObject, 0));
        }

        if (!Members.TryGetValue(key, out var member))
        {
            Members[key] = member = new ConfigNode(JsonTokenType.Null, 0);
        }

        return member;
    }

    private ConfigNode Element(string key, string path)
    {
        if (Kind != JsonTokenType.StartArray)
        {
            Become(new ConfigNode(JsonTokenType.StartArray, 0));
        }

        if (!key.EndsWith(']') || PlainNumber.Parse<int>(key[1..^1]) is not { } index || index < 0 || index > Elements.Count)
        {
            throw new UsageException($"--set {path}: {key}: expected an index from 0 to {Elements.Count} (which adds one) in brackets");
        }

        if (index == Elements.Count)
        {
            Elements.Add(new ConfigNode(JsonTokenType.Null, 0));
        }

        return Elements[index];
    }

    private void Become(ConfigNode other)
    {
        (Kind, Line, Text) = (other.Kind, other.Line, other.Text);
        Members.Clear();
        foreach (var (key, member) in other.Members)
        {
            Members[key] = member;
        }

        Elements.Clear();
        Elements.AddRange(other.Elements);
    }

    private static ConfigNode FromCommandLine(string value)
    {
        try
        {
            var node = Parse(value, "--set");
            node.Line = 0;
            return node;
        }
        catch (InvalidInputException)
        {
            return new ConfigNode(JsonTokenType.String, 0) { Text = value };
        }
    }

    private static ConfigNode ReadValue(ref Utf8JsonReader reader, byte[] bytes, string file)
    {
        var line = bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n') + 1;
        var node = new ConfigNode(reader.TokenType, line);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    if (!node.Members.TryAdd(key, ReadValue(ref reader, bytes, file)))
                    {
                        throw new InvalidInputException(file, null, $"line {line}: key '{key}' is given twice; keep one");
                    }
                }

                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    node.Elements.Add(ReadValue(ref reader, bytes, file));
                }

                break;
            case JsonTokenType.String:
                node.Text = reader.GetString()!;
                break;
            case JsonTokenType.Number:
                node.Text = Encoding.UTF8.GetString(reader.ValueSpan);
                break;
        }

        return node;
    }

    private static string Brief(string message)
    {
        var end = message.IndexOf(" LineNumber", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.', ' ');
    }
}
