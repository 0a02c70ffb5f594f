namespace Fovea.Data.Tokenizers;

/// <summary>Makes tokens of words.</summary>
internal abstract class TokenModel(Dictionary<string, int> vocabulary)
{
    public Dictionary<string, int> Vocabulary { get; } = vocabulary;

    /// <summary>The name of a byte's token: <c>&lt;0x0A&gt;</c>.</summary>
    public static string ByteToken(int value) => $"<0x{value:X2}>";

    /// <summary>Appends the tokens of one word.</summary>
    public abstract void Encode(AlignedText word, List<int> ids, List<TextSpan> spans);

    /// <summary>Ids of the 256 byte tokens, -1 for each that the vocabulary has not.</summary>
    public static int[] ByteTokens(Dictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue(ByteToken(b), out var id) ? id : -1)];
}

/// <summary>A token of a word, and its UTF-16 units <c>[Start, End)</c> there.</summary>
internal readonly record struct Piece(int Id, int Start, int End);
