using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>One step from tokens to text.</summary>
internal abstract record DecodeStep
{
    public abstract List<string> Apply(List<string> tokens);

    /// <summary>The byte that a token like <c>&lt;0x0A&gt;</c> means.</summary>
    public static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;
}

/// <summary>Replaces a string in each token.</summary>
internal sealed record DecodeReplace(string Pattern, string Content) : DecodeStep
{
    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(t => t.Replace(Pattern, Content, StringComparison.Ordinal));
}

/// <summary>Makes text of runs of byte tokens; a run that is not UTF-8 becomes one U+FFFD a byte.</summary>
internal sealed record DecodeBytes : DecodeStep
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public override List<string> Apply(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                run.Add(value);
                continue;
            }

            Flush(run, result);
            result.Add(token);
        }

        Flush(run, result);
        return result;
    }

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0)
        {
            return;
        }

        try
        {
            result.Add(Strict.GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            result.Add(new string('\uFFFD', run.Count));
        }

        run.Clear();
    }
}

/// <summary>
/// Makes text of tokens in <see cref="ByteAlphabet"/>; a token with a character outside it means its own UTF-8. What is not UTF-8 becomes U+FFFD.
/// </summary>
internal sealed record DecodeByteLevel : DecodeStep
{
    public override List<string> Apply(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.All(c => ByteAlphabet.ByteOf(c) >= 0))
            {
                bytes.AddRange(token.Select(c => (byte)ByteAlphabet.ByteOf(c)));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
            }
        }

        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Makes blanks of the visible character; the first token's go away, where one was put in front.</summary>
internal sealed record DecodeMetaspace(string Replacement, bool WasPrepended) : DecodeStep
{
    public override List<string> Apply(List<string> tokens) =>
        [.. tokens.Select((t, i) => t.Replace(Replacement, i == 0 && WasPrepended ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>Makes blanks of the ends of words; nothing of the last token's.</summary>
internal sealed record DecodeWordEnds(string Suffix) : DecodeStep
{
    public override List<string> Apply(List<string> tokens) => Suffix.Length == 0 ? tokens
        : [.. tokens.Select((t, i) => t.Replace(Suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>Joins all tokens.</summary>
internal sealed record DecodeFuse : DecodeStep
{
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}

/// <summary>Takes up to so many of one character from the ends of each token.</summary>
internal sealed record DecodeStrip(char Content, int Start, int Stop) : DecodeStep
{
    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(token =>
    {
        var (from, to) = (0, token.Length);
        while (from < Math.Min(Start, to) && token[from] == Content)
        {
            from++;
        }

        while (token.Length - to < Stop && to > from && token[to - 1] == Content)
        {
            to--;
        }

        return token[from..to];
    });
}

/// <summary>Takes white space from both ends of each token, as Python's <c>strip</c> has it (U+001C to U+001F with it).</summary>
internal sealed record DecodeTrim : DecodeStep
{
    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(token =>
    {
        var (from, to) = (0, token.Length);
        while (from < to && IsBlank(token[from]))
        {
            from++;
        }

        while (to > from && IsBlank(token[to - 1]))
        {
            to--;
        }

        return token[from..to];
    });

    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';
}
