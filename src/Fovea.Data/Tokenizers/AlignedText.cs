using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// A stretch of text on its way through normalizers, each of whose UTF-16 units knows the characters of the input it came from.
/// A view: slices share the text. Without tables of starts and ends, unit <c>i</c> of the text came from unit <c>i + shift</c> of the input.
/// </summary>
internal readonly struct AlignedText
{
    private readonly string _text;
    private readonly int[]? _starts;
    private readonly int[]? _ends;
    private readonly int _from;
    private readonly int _shift;

    private AlignedText(string text, int from, int length, int shift, int[]? starts, int[]? ends)
    {
        (_text, _from, Length, _shift, _starts, _ends) = (text, from, length, shift, starts, ends);
    }

    /// <summary>Number of UTF-16 units.</summary>
    public int Length { get; }

    public ReadOnlySpan<char> Chars => _text.AsSpan(_from, Length);

    /// <summary>The stretch as a string of its own.</summary>
    public string Text => _text.Substring(_from, Length);

    /// <summary>A stretch of the input as it stands; both units of a surrogate pair came from the pair.</summary>
    public static AlignedText Of(string input, int start, int end) => new(input, start, end - start, 0, null, null);

    /// <summary>What the units <c>[start, end)</c>, at least one, came from.</summary>
    public TextSpan Source(int start, int end)
    {
        (start, end) = (_from + start, _from + end);
        if (_starts is not null)
        {
            return new TextSpan(_starts[start], _ends![end - 1]);
        }

        start -= start > 0 && char.IsLowSurrogate(_text[start]) && char.IsHighSurrogate(_text[start - 1]) ? 1 : 0;
        end += end < _text.Length && char.IsLowSurrogate(_text[end]) && char.IsHighSurrogate(_text[end - 1]) ? 1 : 0;
        return new TextSpan(start + _shift, end + _shift);
    }

    public AlignedText Slice(int start, int end) => new(_text, _from + start, end - start, _shift, _starts, _ends);

    /// <summary>Puts <paramref name="prefix"/> in front, as if it came from the first character. An empty text stays empty.</summary>
    public AlignedText Prepend(string prefix)
    {
        if (Length == 0)
        {
            return this;
        }

        var result = new AlignedTextBuilder(Length + prefix.Length);
        result.Put(prefix, Source(0, 1));
        result.Keep(this, 0, Length);
        return result.Build();
    }

    /// <summary>Replaces each <paramref name="pattern"/>; what is put there came from the pattern's last character.</summary>
    public AlignedText Replace(string pattern, string content)
    {
        if (!Chars.Contains(pattern, StringComparison.Ordinal))
        {
            return this;
        }

        if (pattern.Length == 1 && content.Length == 1)
        {
            // One unit for one: whatever is known of sources stays true.
            return _starts is null
                ? new AlignedText(Text.Replace(pattern[0], content[0]), 0, Length, _shift + _from, null, null)
                : new AlignedText(_text.Replace(pattern[0], content[0]), _from, Length, _shift, _starts, _ends);
        }

        var result = new AlignedTextBuilder(Length);
        var from = 0;
        for (int at; (at = Chars[from..].IndexOf(pattern, StringComparison.Ordinal)) >= 0; from += at + pattern.Length)
        {
            result.Keep(this, from, from + at);
            result.Put(content, Source(from + at + pattern.Length - 1, from + at + pattern.Length));
        }

        result.Keep(this, from, Length);
        return result.Build();
    }

    /// <summary>A text that has been put together.</summary>
    internal static AlignedText FromParts(string text, int[] starts, int[] ends) => new(text, 0, text.Length, 0, starts, ends);
}

/// <summary>Puts an <see cref="AlignedText"/> together from parts of another and from new text.</summary>
internal sealed class AlignedTextBuilder(int capacity)
{
    private readonly StringBuilder _text = new(capacity);
    private readonly List<int> _starts = new(capacity);
    private readonly List<int> _ends = new(capacity);

    public int Length => _text.Length;

    /// <summary>Appends units <c>[start, end)</c> of <paramref name="text"/> as they stand.</summary>
    public void Keep(AlignedText text, int start, int end)
    {
        _text.Append(text.Chars[start..end]);
        for (var i = start; i < end; i++)
        {
            var source = text.Source(i, i + 1);
            _starts.Add(source.Start);
            _ends.Add(source.End);
        }
    }

    /// <summary>Appends new text that came from <paramref name="source"/>.</summary>
    public void Put(ReadOnlySpan<char> content, TextSpan source)
    {
        _text.Append(content);
        for (var i = 0; i < content.Length; i++)
        {
            _starts.Add(source.Start);
            _ends.Add(source.End);
        }
    }

    /// <summary>Whether the text so far ends so.</summary>
    public bool EndsWith(char last) => _text.Length > 0 && _text[^1] == last;

    /// <summary>Drops the last unit.</summary>
    public void DropLast()
    {
        _text.Length--;
        _starts.RemoveAt(_starts.Count - 1);
        _ends.RemoveAt(_ends.Count - 1);
    }

    public AlignedText Build() => AlignedText.FromParts(_text.ToString(), [.. _starts], [.. _ends]);
}
