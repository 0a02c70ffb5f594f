using System.Text.RegularExpressions;

namespace Fovea.Evaluation.Answers.Rules;

/// <summary>
/// VLMEvalKit's reading of a yes/no answer without a judge (vlmeval/dataset/utils/yorn.py, with the punctuation rule of VQA's evaluation): in lower case and
/// without punctuation, "yes" if that is one of the words and "no" is none, and the reverse.
/// </summary>
public static partial class YesNoWords
{
    private const string Punctuation = ";/[]\"{}()=+\\_-><@`,?!";

    // The code hands re.UNICODE, which is 32, to the parameter that says how many to replace.
    private const int MostFullStops = 32;

    /// <summary>True for yes, false for no, null for neither or both ("Unknown").</summary>
    public static bool? Parse(string answer)
    {
        var words = WithoutPunctuation(answer.ToLowerInvariant()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (words.Contains("yes"), words.Contains("no")) switch { (true, false) => true, (false, true) => false, _ => null };
    }

    /// <summary>
    /// VQA's rule: a mark of punctuation is deleted where it stands beside a blank somewhere in the text, or where a comma stands between digits, else
    /// replaced by a blank; full stops that no digit follows are deleted.
    /// </summary>
    public static string WithoutPunctuation(string text)
    {
        var isNumber = CommaInNumber().IsMatch(text);
        var result = text;
        foreach (var mark in Punctuation)
        {
            var isBesideBlank = text.Contains($"{mark} ", StringComparison.Ordinal) || text.Contains($" {mark}", StringComparison.Ordinal);
            result = result.Replace(mark.ToString(), isBesideBlank || isNumber ? "" : " ", StringComparison.Ordinal);
        }

        return FullStop().Replace(result, "", MostFullStops);
    }

    [GeneratedRegex(@"\d,\d")]
    private static partial Regex CommaInNumber();

    [GeneratedRegex(@"\.(?!\d)")]
    private static partial Regex FullStop();
}
