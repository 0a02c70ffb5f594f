using System.Text;

namespace Fovea.Evaluation.Answers.Texts;

/// <summary>
/// ANLS of DocVQA and its like (Biten et al. 2019): over the right answers of a question the best of 1 - edit distance / length, in lower case and with single
/// blanks, 0 below 0.5; their mean over questions. The unit is the image where the files name it.
/// </summary>
public static class AnlsScore
{
    private const double Threshold = 0.5;
    private const string Raw = "lmms-eval", Normalised = "vlmevalkit";

    /// <summary>The catalogue's entry.</summary>
    public static AnswerBenchmark Benchmark { get; } = new("anls", "DocVQA, InfoVQA and others by ANLS: edit distance to the nearest right answer",
        [
            new AnswerInput("answers", "Answers with questionId and answer, as DocVQA's server takes them, or tables and samples that hold the questions too."),
            new AnswerInput("questions", "The questions with their right answers (DocVQA's val_v1.0.json), where the answers do not hold them.",
                IsRequired: false),
        ],
        new ShortAnswers("anls", "anls", ["data", "annotations"], (q, parser) => Of(ShortAnswers.Gold(q.Question), q.Text, parser == Normalised)).Score)
    {
        Asked = new AskedAs { Suffix = AskedAs.InFewWords },
        Parsers =
        [
            new AnswerParser(Raw, "the distance is divided by the longer of the texts as they are written"),
            new AnswerParser(Normalised, "it is divided by the longer of the texts in lower case with single blanks"),
        ],
    };

    /// <summary>ANLS of one answer.</summary>
    /// <param name="gold">The right answers.</param>
    /// <param name="answer">What was said.</param>
    /// <param name="ofNormalised">Whether lengths are those of the normalised texts.</param>
    internal static double Of(IEnumerable<string> gold, string answer, bool ofNormalised)
    {
        var best = gold.Max(g =>
        {
            var (one, other) = (Plain(g), Plain(answer));
            var length = ofNormalised ? Math.Max(one.Length, other.Length) : Math.Max(Runes(g).Length, Runes(answer).Length);
            return length == 0 ? 1 : 1 - (Distance(one, other) / (double)length);
        });
        return best < Threshold ? 0 : best;
    }

    private static Rune[] Plain(string text) => Runes(string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    private static Rune[] Runes(string text) => [.. text.EnumerateRunes()];

    /// <summary>Levenshtein's distance in characters, one row at a time.</summary>
    private static int Distance(Rune[] one, Rune[] other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < other.Length; j++)
            {
                (diagonal, row[j + 1]) = (row[j + 1], Math.Min(diagonal + (one[i] == other[j] ? 0 : 1), 1 + Math.Min(row[j], row[j + 1])));
            }
        }

        return row[^1];
    }
}
