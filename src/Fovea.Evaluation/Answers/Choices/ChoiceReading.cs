using System.Text.RegularExpressions;

namespace Fovea.Evaluation.Answers.Choices;

/// <summary>
/// How the field's code finds the chosen letter in an answer without asking a model. Where its judge, or a random choice, would follow, there is none here:
/// the question counts as wrong, and the answers that could not be read are counted.
/// </summary>
internal static partial class ChoiceReading
{
    public const string Vlmevalkit = "vlmevalkit", LmmsEval = "lmms-eval", Llava = "llava", FirstLetter = "first-letter";

    /// <summary>The rules, for a benchmark's list with its own first.</summary>
    public static IReadOnlyList<AnswerParser> Parsers(params string[] names) => [.. names.Select(n => new AnswerParser(n, n switch
    {
        Vlmevalkit => "one letter alone among the last four words, 'answer is X', or the text of one option in a short answer",
        LmmsEval => "one letter alone or with its bracket or mark ('A' among more than three words is an article), or the text of one option",
        Llava => "the letter alone, 'X. ...', or 'The answer is X'",
        _ => "the letter that the answer begins with, after blanks and brackets, whatever word it begins",
    }))];

    // VLMEvalKit takes these for a refusal, and a refusal for wrong.
    private static readonly string[] Refusals =
        ["Sorry, I can't help with images of people yet.", "I can't process this file.", "I'm sorry, but without the image provided",
            "Cannot determine the answer"];

    private static readonly (string Before, string After)[] Marks =
        [("", "."), ("", ","), ("", ":"), ("", ")"), ("", ")."), ("(", ")"), ("(", ")."), (":", ""), (":", ","), (":", "."), (":", ")"), (":", ").")];

    /// <summary>The letter that was chosen, or null.</summary>
    /// <param name="parser">The rule.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="options">Texts of the options; empty where they are not known.</param>
    public static char? Read(string parser, string answer, IReadOnlyList<string> options) => parser switch
    {
        Vlmevalkit => OfVlmevalkit(answer, options),
        LmmsEval => OfLmmsEval(answer, options),
        Llava => OfLlava(answer, options),
        _ => Leading().Match(answer.Trim()) is { Success: true } match ? char.ToUpperInvariant(match.Groups[1].Value[0]) : null,
    };

    /// <summary>vlmeval/utils/matching_util.py: can_infer.</summary>
    private static char? OfVlmevalkit(string answer, IReadOnlyList<string> options)
    {
        if (Array.Exists(Refusals, r => answer.Contains(r, StringComparison.Ordinal)))
        {
            return null;
        }

        var letters = Letters(options.Count == 0 ? 4 : options.Count);
        var words = Words(Brackets().Replace(answer, " "));
        var said = letters.Where(l => words.Contains(l)).ToArray();
        if (said.Length == 1 && Array.IndexOf(words, said[0]) > words.Length - 5)
        {
            return said[0][0];
        }

        if (said.Length == 0 && words.Contains("Z"))
        {
            return null;
        }

        return AnswerIs().Match(answer) is { Success: true } match && letters.Contains(match.Groups[1].Value.ToUpperInvariant())
            ? char.ToUpperInvariant(match.Groups[1].Value[0])
            : answer.Length > 2 * options.Sum(o => o.Length) ? null : OptionIn(answer, options);
    }

    /// <summary>lmms_eval/tasks/mmbench/mmbench_evals.py: can_infer, over the letters A to E whatever the options.</summary>
    private static char? OfLmmsEval(string answer, IReadOnlyList<string> options)
    {
        var words = Words(answer);
        char? Only(string before, string after) => Letters(5).Where(l => words.Contains(before + l + after)).ToArray() is [var one] ? one[0] : null;
        if (Only("", "") is { } alone && !(words.Contains("A") && words.Length > 3))
        {
            return alone;
        }

        return Marks.Select(m => Only(m.Before, m.After)).FirstOrDefault(l => l is not null) ?? OptionIn(answer, options);
    }

    /// <summary>llava/eval/eval_science_qa.py; a letter beyond the options is none.</summary>
    private static char? OfLlava(string answer, IReadOnlyList<string> options)
    {
        var text = answer.Replace("\n", ". ", StringComparison.Ordinal);
        char? letter = text.Trim() is [>= 'A' and <= 'E' and var alone] ? alone
            : text is [>= 'A' and <= 'E' and var first, '.', ' ', ..] ? first
            : TheAnswerIs().Match(text) is { Success: true } full ? full.Groups[1].Value[0]
            : TheAnswerIsBare().Match(text) is { Success: true } bare ? bare.Groups[1].Value[0] : null;
        return letter - 'A' < (options.Count == 0 ? 5 : options.Count) ? letter : null;
    }

    private static char? OptionIn(string answer, IReadOnlyList<string> options)
    {
        var lower = answer.ToLowerInvariant();
        return options.Index().Where(o => lower.Contains(o.Item.ToLowerInvariant(), StringComparison.Ordinal)).ToArray() is [var only]
            ? (char)('A' + only.Index) : null;
    }

    private static string[] Letters(int count) => [.. Enumerable.Range(0, count).Select(i => ((char)('A' + i)).ToString())];

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"[.()\[\],:;!*#{}]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"(?:correct\s+)?answer\s+is\s+\**([A-D])\**", RegexOptions.IgnoreCase)]
    private static partial Regex AnswerIs();

    [GeneratedRegex(@"The answer is ([A-E])\.")]
    private static partial Regex TheAnswerIs();

    [GeneratedRegex(@"The answer is ([A-E])")]
    private static partial Regex TheAnswerIsBare();

    [GeneratedRegex(@"^[(\s]*([A-Z])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Leading();
}
