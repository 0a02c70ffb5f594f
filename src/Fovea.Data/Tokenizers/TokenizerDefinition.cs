namespace Fovea.Data.Tokenizers;

/// <summary>All that decides what a tokenizer does: what its files ask for, whichever form they have.</summary>
internal sealed record TokenizerDefinition
{
    public required TokenModel Model { get; init; }

    public required IReadOnlyList<AddedToken> Added { get; init; }

    public IReadOnlyList<TextStep> Normalizers { get; init; } = [];

    public IReadOnlyList<WordStep> Words { get; init; } = [];

    /// <summary>Special tokens before and behind a text.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];

    public IReadOnlyList<int> Suffix { get; init; } = [];

    /// <summary>Steps from tokens to text; null: tokens are joined by blanks.</summary>
    public IReadOnlyList<DecodeStep>? Decoder { get; init; }

    /// <summary>Ids that decoding leaves out even where special tokens are asked for.</summary>
    public IReadOnlySet<int> NeverDecoded { get; init; } = new HashSet<int>();

    /// <summary>Whether decoded text is cleaned up.</summary>
    public bool CleansUp { get; init; }

    /// <summary>What was changed by files beside the one that holds the vocabulary; empty if nothing was.</summary>
    public string Changes { get; init; } = "";

    public AlignedText Normalize(AlignedText text)
    {
        foreach (var step in Normalizers)
        {
            text = step.Apply(text);
        }

        return text;
    }
}
