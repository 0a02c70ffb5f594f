using Fovea.Data.Tokenizers;

namespace Fovea.Data.Templates;

/// <summary>One token of a sample as people read it.</summary>
/// <param name="Id">Its id; <see cref="TokenizedSample.ImagePlaceholder"/> for an image.</param>
/// <param name="Text">
/// The characters of the rendered text that it adds to what the tokens before it covered; the token's own text where it adds none (a
/// <c>&lt;s&gt;</c> that the tokenizer puts in front, the first byte of a character).
/// </param>
/// <param name="CarriesLoss">Whether the model must produce it.</param>
public sealed record MarkedToken(int Id, string Text, bool CarriesLoss);

/// <summary>A sample with its tokens and which of them carry loss, for looking at.</summary>
/// <param name="Sample">What training gets.</param>
/// <param name="Template">Name of the template.</param>
/// <param name="Text">The rendered text.</param>
/// <param name="Tokens">Its tokens: <c>[seq]</c>.</param>
public sealed record MarkedSample(TokenizedSample Sample, string Template, string Text, IReadOnlyList<MarkedToken> Tokens)
{
    internal static MarkedSample Of(TokenizedSample sample, string template, string text, TextSpan[] spans, Func<int, string> textOf)
    {
        var targets = sample.TargetIndices.ToHashSet();
        var (tokens, shown) = (new MarkedToken[spans.Length], 0);
        for (var i = 0; i < spans.Length; i++)
        {
            // A character that several tokens share (the bytes of one, or a first one with a blank put in front) shows with the last of them.
            var end = i + 1 < spans.Length && spans[i + 1].IsInText ? Math.Min(spans[i].End, spans[i + 1].Start) : spans[i].End;
            var adds = end > shown;
            tokens[i] = new MarkedToken(sample.InputIds[i], adds ? text[shown..end] : textOf(sample.InputIds[i]), targets.Contains(i));
            shown = Math.Max(shown, end);
        }

        return new MarkedSample(sample, template, text, tokens);
    }
}
