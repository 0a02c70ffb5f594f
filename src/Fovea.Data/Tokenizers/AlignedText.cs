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
    private readonly GrowthBudget? _budget;

    private AlignedText(string text, int from, int length, int shift, int[]? starts, int[]? ends, GrowthBudget? budget)
    {
        (_text, _from, Length, _shift, _starts, _ends, _budget) = (text, from, length, shift, starts, ends, budget);
    }

    public int Length { get; }

    public ReadOnlySpan<char> Chars => _text.AsSpan(_from, Length);

    /// <summary>The stretch as a string of its own.</summary>
    public string Text => _text.Substring(_from, Length);

    /// <summary>A stretch of the input, unchanged; both units of a surrogate pair came from the pair.</summary>
    /// <param name="input">The input.</param>
    /// <param name="start">First unit.</param>
    /// <param name="end">One behind the last unit.</param>
    /// <param name="budget">How much longer all that is made of it may become; null: any.</param>
    public static AlignedText Of(string input, int start, int end, GrowthBudget? budget = null) => new(input, start, end - start, 0, null, null, budget);

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

    public AlignedText Slice(int start, int end) => new(_text, _from + start, end - start, _shift, _starts, _ends, _budget);

    /// <summary>Puts <paramref name="prefix"/> in front, as if it came from the first character. An empty text stays empty.</summary>
    public AlignedText Prepend(string prefix)
    {
        if (Length == 0)
        {
            return this;
        }

        var result = new AlignedTextBuilder(this);
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
                ? new AlignedText(Text.Replace(pattern[0], content[0]), 0, Length, _shift + _from, null, null, _budget)
                : new AlignedText(_text.Replace(pattern[0], content[0]), _from, Length, _shift, _starts, _ends, _budget);
        }

        var result = new AlignedTextBuilder(this);
        var from = 0;
        for (int at; (at = Chars[from..].IndexOf(pattern, StringComparison.Ordinal)) >= 0; from += at + pattern.Length)
        {
            result.Keep(this, from, from + at);
            result.Put(content, Source(from + at + pattern.Length - 1, from + at + pattern.Length));
        }

        result.Keep(this, from, Length);
        return result.Build();
    }

    /// <summary>How much longer what is made of this text may become; null: any.</summary>
    internal GrowthBudget? Budget => _budget;

    /// <summary>A text that has been put together of parts of another.</summary>
    internal static AlignedText FromParts(string text, int[] starts, int[] ends, GrowthBudget? budget) => new(text, 0, text.Length, 0, starts, ends, budget);
}

/// <summary>
/// How much longer the steps of an untrusted tokenizer may make a text, all of them together: twenty replacements of a letter by two make a million of one.
/// </summary>
/// <param name="length">Units of the whole text.</param>
/// <param name="file">The tokenizer's file, for the message.</param>
internal sealed class GrowthBudget(int length, string file)
{
    private const long Times = 64, Least = 1 << 20;
    private long _left = (Times * length) + Least;

    /// <summary>Refuses a step that has made a text longer by more than remains.</summary>
    /// <exception cref="InvalidInputException">It has.</exception>
    public void Check(long grown)
    {
        if (grown > _left)
        {
            throw new InvalidInputException(file, null, $"its steps make more than {(Times * length) + Least} characters of a text of {length}; expected at "
                + $"most {Times} times as many and {Least} more");
        }
    }

    /// <summary>Takes what a step has added.</summary>
    public void Spend(long grown) => _left -= Math.Max(0, grown);
}

/// <summary>Puts an <see cref="AlignedText"/> together from parts of another and from new text.</summary>
internal sealed class AlignedTextBuilder(AlignedText from)
{
    private readonly StringBuilder _text = new(from.Length + 1);
    private readonly List<int> _starts = new(from.Length + 1);
    private readonly List<int> _ends = new(from.Length + 1);

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
        from.Budget?.Check((long)_text.Length + content.Length - from.Length);
        _text.Append(content);
        for (var i = 0; i < content.Length; i++)
        {
            _starts.Add(source.Start);
            _ends.Add(source.End);
        }
    }

    /// <summary>Whether the text so far ends so.</summary>
    public bool EndsWith(char last) => _text.Length > 0 && _text[^1] == last;

    public void DropLast()
    {
        _text.Length--;
        _starts.RemoveAt(_starts.Count - 1);
        _ends.RemoveAt(_ends.Count - 1);
    }

    public AlignedText Build()
    {
        from.Budget?.Spend(_text.Length - from.Length);
        return AlignedText.FromParts(_text.ToString(), [.. _starts], [.. _ends], from.Budget);
    }
}
