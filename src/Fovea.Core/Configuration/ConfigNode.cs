using System.Text;
using Fovea.Core.Errors;

namespace Fovea.Core.Configuration;

/// <summary>A value of a JSONC file that remembers its line, so that an error can point at it.</summary>
public sealed class ConfigNode
{
    private ConfigNode(JsonTokenType kind, string file, int line)
    {
        Kind = kind;
        File = file;
        Line = line;
    }

    /// <summary>An empty object, list or null that takes the place of <paramref name="at"/>.</summary>
    public static ConfigNode Of(JsonTokenType kind, ConfigNode at) => new(kind, at.File, at.Line);

    /// <summary>A string that takes the place of <paramref name="at"/>.</summary>
    public static ConfigNode OfText(string text, ConfigNode at) => new(JsonTokenType.String, at.File, at.Line) { Text = text };

    /// <summary>What kind of value: object, array, string, number, true, false or null.</summary>
    public JsonTokenType Kind { get; private set; }

    /// <summary>The file, by its name in errors.</summary>
    public string File { get; }

    /// <summary>Line of the value, from 1; 0 for one that came from the command line.</summary>
    public int Line { get; private set; }

    /// <summary>The text of a string or number.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Members of an object, in order.</summary>
    public OrderedDictionary<string, ConfigNode> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>Elements of an array.</summary>
    public List<ConfigNode> Elements { get; } = [];

    /// <summary>An error at this value: file, line, message.</summary>
    public InvalidInputException Error(string message, Exception? inner = null) =>
        new(File, null, $"{(Line > 0 ? $"line {Line}: " : "--set: ")}{message}", inner);

    /// <summary>What kind of value this is, as an error says what it got.</summary>
    public string InWords => Kind switch
    {
        JsonTokenType.String => $"the string \"{Text}\"",
        JsonTokenType.Number => "the number " + Text,
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    /// <summary>Parses JSON with comments and trailing commas.</summary>
    /// <exception cref="InvalidInputException">The text is not JSON, holds half of a surrogate pair, or names a key twice.</exception>
    public static ConfigNode Parse(string json, string file)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var lines = new LineCount(bytes);
        try
        {
            reader.Read();
            var root = ReadValue(ref reader, lines, file);
            reader.Read(); // text after the root value is an error that the reader raises itself
            return root;
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(file, null, $"line {(e.LineNumber ?? 0) + 1}: not valid JSON: {Brief(e.Message)}; correct the file", e);
        }
        catch (InvalidOperationException e)
        {
            // What the reader throws for a text that it has parsed and cannot make a string of.
            throw new InvalidInputException(file, null,
                $"line {lines.At(reader.TokenStartIndex)}: a text that is not valid Unicode (half of a surrogate pair); correct the file", e);
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

        node.Become(FromCommandLine(value, File));
    }

    private ConfigNode Member(string key)
    {
        if (Kind != JsonTokenType.StartObject)
        {
            Become(new ConfigNode(JsonTokenType.StartObject, File, 0));
        }

        if (!Members.TryGetValue(key, out var member))
        {
            Members[key] = member = new ConfigNode(JsonTokenType.Null, File, 0);
        }

        return member;
    }

    private ConfigNode Element(string key, string path)
    {
        if (Kind != JsonTokenType.StartArray)
        {
            Become(new ConfigNode(JsonTokenType.StartArray, File, 0));
        }

        if (!key.EndsWith(']') || PlainNumber.Parse<int>(key[1..^1]) is not { } index || index < 0 || index > Elements.Count)
        {
            throw new UsageException($"--set {path}: {key}: expected an index from 0 to {Elements.Count} (which adds one) in brackets");
        }

        if (index == Elements.Count)
        {
            Elements.Add(new ConfigNode(JsonTokenType.Null, File, 0));
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

    private static ConfigNode FromCommandLine(string value, string file)
    {
        try
        {
            var node = Parse(value, file);
            node.IsOfCommandLine();
            return node;
        }
        catch (InvalidInputException)
        {
            return new ConfigNode(JsonTokenType.String, file, 0) { Text = value };
        }
    }

    private void IsOfCommandLine()
    {
        Line = 0;
        foreach (var child in Members.Values.Concat(Elements))
        {
            child.IsOfCommandLine();
        }
    }

    private static ConfigNode ReadValue(ref Utf8JsonReader reader, LineCount lines, string file)
    {
        var line = lines.At(reader.TokenStartIndex);
        var node = new ConfigNode(reader.TokenType, file, line);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    if (!node.Members.TryAdd(key, ReadValue(ref reader, lines, file)))
                    {
                        throw new InvalidInputException(file, null, $"line {line}: key '{key}' is given twice; keep one");
                    }
                }

                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    node.Elements.Add(ReadValue(ref reader, lines, file));
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

    // Counted on from the token before, since tokens come in their order.
    private sealed class LineCount(byte[] json)
    {
        private int _to, _line = 1;

        public int At(long offset)
        {
            _line += json.AsSpan(_to, (int)offset - _to).Count((byte)'\n');
            _to = (int)offset;
            return _line;
        }
    }

    private static string Brief(string message)
    {
        var end = message.IndexOf(" LineNumber", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.', ' ');
    }
}
