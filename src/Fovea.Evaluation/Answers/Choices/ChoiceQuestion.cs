using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Choices;

/// <summary>A multiple-choice question as answered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Options">Texts of the options, the first is A; empty where the files do not hold them.</param>
/// <param name="Gold">The right letter.</param>
/// <param name="Said">The letter that was read from the answer; null for none.</param>
/// <param name="Record">Its record.</param>
internal sealed record ChoiceQuestion(string Id, IReadOnlyList<string> Options, char Gold, char? Said, ForeignJson Record)
{
    private const int MostOptions = 26;

    public bool IsRight => Said == Gold;

    /// <summary>Reads one, its answer by a rule.</summary>
    /// <exception cref="InvalidInputException">It has no right answer, or one that is none of its options.</exception>
    public static ChoiceQuestion Of(AnsweredQuestion question, string parser)
    {
        var options = OptionsOf(question.Question);
        return new ChoiceQuestion(question.Id, options, GoldOf(question.Question, options), ChoiceReading.Read(parser, question.Text, options),
            question.Question);
    }

    private static IReadOnlyList<string> OptionsOf(ForeignJson record)
    {
        if (record.First("choices", "options") is { } list)
        {
            return TextList.Of(list);
        }

        // VLMEvalKit and MMBench have a column a letter; a cell that is empty, or holds what pandas makes of one, is no option.
        return [.. Enumerable.Range(0, MostOptions).Select(i => record.First(((char)('A' + i)).ToString())?.Id()).TakeWhile(o =>
            o is not (null or "" or "nan")).Select(o => o!)];
    }

    private static char GoldOf(ForeignJson record, IReadOnlyList<string> options)
    {
        var gold = record.First("answer", "gold", "label", "target") ?? throw record.Error("has no right answer; expected the key \"answer\"");
        var text = gold.Id().Trim().Trim('(', ')');
        var index = gold.Element.ValueKind == JsonValueKind.Number ? gold.WholeNumber(0, MostOptions - 1)
            : text is [>= 'A' and <= 'Z' and var letter] ? letter - 'A'
            : options.ToList().IndexOf(gold.Id());
        return index >= 0 && (options.Count == 0 || index < options.Count) ? (char)('A' + index)
            : throw gold.Expected($"a letter, an index from 0 or the text of one of the {options.Count} options");
    }
}
