using System.Text.RegularExpressions;

namespace Fovea.Evaluation.Answers.Rules;

/// <summary>
/// English words and marks of punctuation as NLTK's <c>word_tokenize</c> gives them: sentences by Punkt, then the Treebank rules in NLTK's version
/// (nltk/tokenize/destructive.py). Of Punkt, its rule without its trained list of abbreviations: a full stop, question or exclamation mark before white space or
/// another mark ends a sentence. After an abbreviation ("dr.") the stop then becomes a word of its own where NLTK leaves it on, which touches no word that
/// CHAIR counts.
/// </summary>
internal static partial class WordTokenizer
{
    // In NLTK's order: quotes that open, punctuation, brackets and dashes; then, between blanks, quotes that close and contractions.
    private static readonly (Regex Pattern, string Replacement)[] Before =
    [
        (Rule("([«“‘„]|`+)"), " $1 "), (Rule("^\""), "``"), (Rule("(``)"), " $1 "), (Rule(@"([ (\[{<])(""|'{2})"), "$1 `` "),
        (Rule(@"(?<!\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", RegexOptions.IgnoreCase), "$1 "),
        (Rule(@"([^.])(\.)([\])}>""'»”’ ]*)\s*$"), "$1 $2 $3 "), (Rule(@"([:,])([^\d])"), " $1 $2"), (Rule("([:,])$"), " $1 "), (Rule(@"\.{2,}"), " $0 "),
        (Rule("[;@#$%&]"), " $0 "), (Rule("[\u2012-\u2015]"), " $0 "), (Rule(@"([^.])(\.)([\])}>""']*)\s*$"), "$1 $2$3 "), (Rule("[?!]"), " $0 "),
        (Rule("([^'])' "), "$1 ' "), (Rule("[*]"), " $0 "), (Rule(@"[\]\[(){}<>]"), " $0 "), (Rule("--"), " -- "),
    ];

    private static readonly (Regex Pattern, string Replacement)[] After =
    [
        (Rule("([»”’])"), " $1 "), (Rule("''"), " '' "), (Rule("\""), " '' "), (Rule(@"\s+"), " "), (Rule("([^' ])('[sS]|'[mM]|'[dD]|') "), "$1 $2 "),
        (Rule("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), "$1 $2 "),
        (Rule(@"\b(?:(can)(not)|(d)('ye)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me)|(more)('n))\b", RegexOptions.IgnoreCase), " $1$3$5$7$9$11$13 $2$4$6$8$10$12$14 "),
        (Rule(@"\b(wan)(na)(?=\s)", RegexOptions.IgnoreCase), " $1 $2 "), (Rule(@" ('t)(is|was)\b", RegexOptions.IgnoreCase), " $1 $2 "),
    ];

    /// <summary>The words of a text, in order.</summary>
    public static IReadOnlyList<string> Words(string text) => [.. Sentences(text).SelectMany(WordsOfSentence)];

    private static IEnumerable<string> Sentences(string text)
    {
        var from = 0;
        foreach (var end in SentenceEnd().Matches(text).Select(m => m.Index + m.Length))
        {
            yield return text[from..end];
            from = end;
        }

        yield return text[from..];
    }

    private static string[] WordsOfSentence(string sentence)
    {
        var text = Before.Aggregate(sentence.Trim(), (t, rule) => rule.Pattern.Replace(t, rule.Replacement));
        text = After.Aggregate($" {text} ", (t, rule) => rule.Pattern.Replace(t, rule.Replacement));
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static Regex Rule(string pattern, RegexOptions options = RegexOptions.None) => new(pattern, options | RegexOptions.CultureInvariant);

    // The end of a sentence, and what closes it (Punkt's realignment): "dog." he said. A run of full stops ends none.
    [GeneratedRegex(@"(?:(?<!\.)\.(?!\.)|[?!])(?=[?!)"";}\]*:@'({\[]|\s+\S)(?:[""')\]}]+(?=\s|--|$))?")]
    private static partial Regex SentenceEnd();
}
