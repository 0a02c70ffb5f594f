namespace Fovea.Core.Samples;

/// <summary>Turns samples into token ids under one tokenizer and one chat template.</summary>
public interface ISampleEncoder
{
    /// <summary>Renders, tokenizes and marks targets.</summary>
    /// <exception cref="Errors.InvalidInputException">The template refuses the conversation; the message holds the reason's name.</exception>
    TokenizedSample Encode(Sample sample);

    /// <summary>The prompt up to where the answer of turn <paramref name="answerTurn"/> begins: ids <c>[seq]</c> with placeholders.</summary>
    int[] EncodePrompt(Sample sample, int answerTurn);

    /// <summary>Text of generated ids, without special tokens.</summary>
    string Decode(IReadOnlyList<int> ids);

    /// <summary>Text of one token, for display.</summary>
    string TokenText(int id);

    /// <summary>Hash of the tokenizer's file(s).</summary>
    string TokenizerFingerprint { get; }

    /// <summary>Id of padding; never a target.</summary>
    int PadId { get; }

    /// <summary>Id of the token that ends an answer under this template.</summary>
    int EndId { get; }
}
