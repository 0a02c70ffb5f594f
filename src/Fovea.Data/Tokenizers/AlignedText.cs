using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>A text on its way through normalizers, each of whose UTF-16 units knows the characters of the input it came from.</summary>
internal sealed class AlignedText
{
    private readonly int[] _starts;
    private readonly int[] _ends;

    private AlignedText(string text, int[] starts, int[] ends)
    {
        Text = text;
        _starts = starts;
        _ends = ends;
    }

    public string Text { get; }

    /// <summary>A stretch of the input as it stands; both units of a surrogate pair came from the pair.</summary>
    public static AlignedText Of(string input, int start, int end)
    {
        var starts = new int[end - start];
        var ends = new int[end - start];
        for (var i = start; i < end; i++)
        {
            var pair = char.IsHighSurrogate(input[i]) && i + 1 < end && char.IsLowSurrogate(input[i + 1]);
            (starts[i - start], ends[i - start]) = (i, i + (pair ? 2 : 1));
            if (pair)
            {
                i++;
                (starts[i - start], ends[i - start]) = (i - 1, i + 1);
            }
        }

        return new AlignedText(input[start..end], starts, ends);
    }

    /// <summary>What the units <c>[start, end)</c>, at least one, came from.</summary>
    public TextSpan Source(int start, int end) => new(_starts[start], _ends[end - 1]);

    public AlignedText Slice(int start, int end) => new(Text[start..end], _starts[start..end], _ends[start..end]);

    /// <summary>Puts <paramref name="prefix"/> in front, as if it came from the first character. An empty text stays empty.</summary>
    public AlignedText Prepend(string prefix)
    {
        if (Text.Length == 0)
        {
            return this;
        }

        var starts = new int[prefix.Length + Text.Length];
        var ends = new int[starts.Length];
        Array.Fill(starts, _starts[0], 0, prefix.Length);
        Array.Fill(ends, _ends[0], 0, prefix.Length);
        _starts.CopyTo(starts, prefix.Length);
        _ends.CopyTo(ends, prefix.Length);
        return new AlignedText(prefix + Text, starts, ends);
    }

    /// <summary>Replaces each <paramref name="pattern"/>; what is put there came from the pattern's last character.</summary>
    public AlignedText Replace(string pattern, string content)
    {
        var at = Text.IndexOf(pattern, StringComparison.Ordinal);
        if (at < 0)
        {
            return this;
        }

        var text = new StringBuilder(Text.Length);
        var (starts, ends) = (new List<int>(Text.Length), new List<int>(Text.Length));
        var from = 0;
        for (; at >= 0; at = Text.IndexOf(pattern, from, StringComparison.Ordinal))
        {
            var last = at + pattern.Length - 1;
            Keep(from, at);
            text.Append(content);
            starts.AddRange(Enumerable.Repeat(_starts[last], content.Length));
            ends.AddRange(Enumerable.Repeat(_ends[last], content.Length));
            from = last + 1;
        }

        Keep(from, Text.Length);
        return new AlignedText(text.ToString(), [.. starts], [.. ends]);

        void Keep(int start, int end)
        {
            text.Append(Text, start, end - start);
            starts.AddRange(_starts.AsSpan(start, end - start));
            ends.AddRange(_ends.AsSpan(start, end - start));
        }
    }
}
