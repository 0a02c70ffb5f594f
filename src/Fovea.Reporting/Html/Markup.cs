using System.Text;

namespace Fovea.Reporting.Html;

/// <summary>
/// Writes well-formed markup (HTML that is XML too). Text and attribute values can only enter escaped, so no untrusted text becomes markup.
/// </summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    /// <summary>Opens an element; attributes whose value is null are left out.</summary>
    public Markup Open(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        _text.Append('>');
        _open.Push(name);
        return this;
    }

    public Markup Close()
    {
        _text.Append("</").Append(_open.Pop()).Append('>');
        return this;
    }

    /// <summary>An element without content and without an end tag (meta, img, br, SVG shapes).</summary>
    public Markup Void(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        _text.Append("/>");
        return this;
    }

    /// <summary>An element that holds text only.</summary>
    public Markup Leaf(string name, string? text, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Open(name, attributes);
        return Text(text).Close();
    }

    public Markup Text(string? text)
    {
        Escape(text);
        return this;
    }

    /// <summary>A line break in the source.</summary>
    public Markup Line()
    {
        _text.Append('\n');
        return this;
    }

    /// <summary>This program's own style sheet, script or doctype, unescaped. Never for text from outside.</summary>
    public Markup Trusted(string markup)
    {
        _text.Append(markup);
        return this;
    }

    public override string ToString() =>
        _open.Count == 0 ? _text.ToString() : throw new InvalidOperationException($"<{_open.Peek()}> is still open");

    private void Start(string name, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        _text.Append('<').Append(name);
        foreach (var (key, value) in attributes)
        {
            if (value is not null)
            {
                _text.Append(' ').Append(key).Append("=\"");
                Escape(value);
                _text.Append('"');
            }
        }
    }

    private void Escape(string? text)
    {
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '&': _text.Append("&amp;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                case '\t' or '\n' or '\r': _text.Append(' '); break;
                case < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF: _text.Append('\uFFFD'); break;
                default: _text.Append(rune); break;
            }
        }
    }
}
