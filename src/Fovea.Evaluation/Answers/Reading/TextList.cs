using System.Text;
using Fovea.Core.Json;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>Several right answers of one question: a list, one text, or a list as Python writes it into the cell of a table.</summary>
internal static class TextList
{
    /// <summary>The texts; of objects (VQA's annotators) their <c>answer</c>.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static IReadOnlyList<string> Of(ForeignJson value)
    {
        IReadOnlyList<string> texts = value.Element.ValueKind switch
        {
            JsonValueKind.Array => [.. value.Items().Select(i => i.Element.ValueKind == JsonValueKind.Object ? i.Field("answer").Id() : i.Id())],
            JsonValueKind.String when value.Text().StartsWith('[') => Parse(value.Text()) ?? [value.Text()],
            _ => [value.Id()],
        };
        return texts.Count > 0 ? texts : throw value.Expected("at least one right answer");
    }

    /// <summary>A list of texts in Python's or JSON's form; null for anything else.</summary>
    public static IReadOnlyList<string>? Parse(string text)
    {
        var (texts, at) = (new List<string>(), 1);
        void SkipBlanks()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }
        }

        for (SkipBlanks(); at < text.Length && text[at] is '\'' or '"'; SkipBlanks())
        {
            var (quote, item) = (text[at++], new StringBuilder());
            for (; at < text.Length && text[at] != quote; at++)
            {
                item.Append(text[at] == '\\' && at + 1 < text.Length ? text[++at] : text[at]);
            }

            at++;
            texts.Add(item.ToString());
            SkipBlanks();
            if (at < text.Length && text[at] == ',')
            {
                at++;
            }
        }

        return at == text.Length - 1 && text[at] == ']' ? texts : null;
    }
}
