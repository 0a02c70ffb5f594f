namespace Fovea.Data.Tokenizers;

/// <summary>Characters <c>[Start, End)</c> of a text, in UTF-16 units.</summary>
public readonly record struct TextSpan(int Start, int End)
{
    /// <summary>The span of a token that is not in the text, such as a <c>&lt;s&gt;</c> that the tokenizer adds.</summary>
    public static TextSpan None { get; } = new(-1, -1);

    /// <summary>Whether the token is in the text.</summary>
    public bool IsInText => Start >= 0;
}

/// <summary>
/// Token ids and the characters that each came from: both <c>[seq]</c>. A token <c>▁x</c> covers the blank where one is in the text;
/// a blank that the tokenizer put in front of a stretch covers that stretch's first character.
/// </summary>
public sealed record TokenSequence(int[] Ids, TextSpan[] Spans);
