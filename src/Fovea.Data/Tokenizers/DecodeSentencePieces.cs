using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>
/// SentencePiece's decoding: runs of byte tokens are UTF-8, each byte that is not becomes U+FFFD; U+2581 is a blank; the first one goes away.
/// </summary>
/// <param name="DropsFirstBlank">Whether a blank was put in front.</param>
/// <param name="DropsLeadingBlanks">Whether each leading blank goes away, since extra ones were removed.</param>
internal sealed record DecodeSentencePieces(bool DropsFirstBlank, bool DropsLeadingBlanks) : DecodeStep
{
    public override List<string> Apply(List<string> tokens)
    {
        var text = new StringBuilder();
        var run = new List<byte>();
        var (expects, dropped) = (true, false);
        foreach (var token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                run.Add(value);
                continue;
            }

            AppendBytes(run, text);
            expects &= !dropped && text.Length == 0;
            var drops = expects && DropsFirstBlank && token.StartsWith(SentencePieceStep.Blank);
            dropped = drops && !DropsLeadingBlanks;
            text.Append((drops ? token[1..] : token).Replace(SentencePieceStep.Blank, ' '));
        }

        AppendBytes(run, text);
        return [text.ToString()];
    }

    private static void AppendBytes(List<byte> run, StringBuilder text)
    {
        ReadOnlySpan<byte> rest = run.ToArray();
        while (rest.Length > 0)
        {
            // SentencePiece replaces an ill-formed sequence byte by byte.
            var whole = Rune.DecodeFromUtf8(rest, out var rune, out var used) == System.Buffers.OperationStatus.Done;
            text.Append(whole ? rune.ToString() : "\uFFFD");
            rest = rest[(whole ? used : 1)..];
        }

        run.Clear();
    }
}
