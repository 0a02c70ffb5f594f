using System.Globalization;
using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>One step from tokens to text.</summary>
internal abstract record DecodeStep
{
    public abstract List<string> Apply(List<string> tokens);
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
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
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
