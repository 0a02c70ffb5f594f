using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>One step that changes a stretch of text before it is cut into words.</summary>
internal abstract record TextStep
{
    public abstract AlignedText Apply(AlignedText text);
}

/// <summary>Puts a text before every stretch, even one that begins with a blank; not before an empty one.</summary>
internal sealed record PrependStep(string Prefix) : TextStep
{
    public override AlignedText Apply(AlignedText text) => text.Prepend(Prefix);
}

/// <summary>Replaces a string.</summary>
internal sealed record ReplaceStep(string Pattern, string Content) : TextStep
{
    public override AlignedText Apply(AlignedText text) => text.Replace(Pattern, Content);
}

/// <summary>Replaces what a regular expression matches; what is put there came from all of the match.</summary>
internal sealed record ReplaceMatchesStep(SplitPattern Pattern, string Content) : TextStep
{
    public override AlignedText Apply(AlignedText text)
    {
        var result = new AlignedTextBuilder(text);
        var from = 0;
        foreach (var (start, end) in Pattern.Matches(text.Chars))
        {
            result.Keep(text, from, start);
            result.Put(Content, text.Source(start, end));
            from = end;
        }

        result.Keep(text, from, text.Length);
        return from == 0 ? text : result.Build();
    }
}

/// <summary>Lower-cases character by character: U+0130 becomes two, a final sigma stays plain.</summary>
internal sealed record LowercaseStep : TextStep
{
    public override AlignedText Apply(AlignedText text)
    {
        var result = new AlignedTextBuilder(text);
        Span<char> units = stackalloc char[2];
        var changed = false;
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Chars[i..], out var rune, out var used);
            var lower = Rune.ToLowerInvariant(rune);
            if (rune.Value == 0x130)
            {
                result.Put("i\u0307", text.Source(i, i + used));
                changed = true;
            }
            else if (lower == rune)
            {
                result.Keep(text, i, i + used);
            }
            else
            {
                result.Put(units[..lower.EncodeToUtf16(units)], text.Source(i, i + used));
                changed = true;
            }

            i += used;
        }

        return changed ? result.Build() : text;
    }
}

/// <summary>Takes white space from the ends of a stretch.</summary>
internal sealed record StripStep(bool Left, bool Right) : TextStep
{
    public override AlignedText Apply(AlignedText text)
    {
        var (start, end) = (0, text.Length);
        while (Left && start < end && char.IsWhiteSpace(text.Chars[start]))
        {
            start++;
        }

        while (Right && end > start && char.IsWhiteSpace(text.Chars[end - 1]))
        {
            end--;
        }

        return text.Slice(start, end);
    }
}

/// <summary>
/// Unicode normalisation (UAX 15), which .NET leaves to ICU. Every character of a changed cluster (a letter with its marks) came from all of that cluster.
/// </summary>
internal sealed record UnicodeFormStep(NormalizationForm Form) : TextStep
{
    private const int LongestRun = 256;

    public override AlignedText Apply(AlignedText text)
    {
        if (Ascii.IsValid(text.Chars))
        {
            return text;
        }

        var whole = text.Text;
        var normal = Normal(whole);
        if (string.Equals(normal, whole, StringComparison.Ordinal))
        {
            return text;
        }

        // Characters of one cluster compose with each other only; where compatibility forms compose beyond it, runs without ASCII are the unit: nothing
        // composes with ASCII before it.
        var byCluster = ByPieces(text, whole, StringInfo.ParseCombiningCharacters(whole));
        return byCluster.Chars.SequenceEqual(normal) ? byCluster
            : ByPieces(text, whole, [.. Enumerable.Range(0, whole.Length).Where(i => i == 0 || char.IsAscii(whole[i]))]);
    }

    private AlignedText ByPieces(AlignedText text, string whole, int[] starts)
    {
        var result = new AlignedTextBuilder(text);
        for (var i = 0; i < starts.Length; i++)
        {
            var (start, end) = (starts[i], i + 1 < starts.Length ? starts[i + 1] : whole.Length);
            var piece = whole[start..end];
            var normal = Normal(piece);
            if (string.Equals(piece, normal, StringComparison.Ordinal))
            {
                result.Keep(text, start, end);
            }
            else
            {
                result.Put(normal, text.Source(start, end));
            }
        }

        return result.Build();
    }

    // .NET refuses U+FFFE, which is a character like any other to Unicode and composes with nothing.
    private string Normal(string text) => text.Contains('\uFFFE', StringComparison.Ordinal)
        ? string.Join('\uFFFE', text.Split('\uFFFE').Select(Normal))
        : CombiningMarks.InOrder(text, Form is NormalizationForm.FormC or NormalizationForm.FormD ? NormalizationForm.FormD : NormalizationForm.FormKD,
            LongestRun).Normalize(Form);
}
