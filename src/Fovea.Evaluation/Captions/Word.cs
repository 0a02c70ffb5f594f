namespace Fovea.Evaluation.Captions;

/// <summary>A word of an answer and the targets that spell it.</summary>
/// <param name="Turn">Index of the turn.</param>
/// <param name="Start">First character in the turn's text.</param>
/// <param name="End">One past the last character.</param>
/// <param name="Type">The word in lower case: what occurrences are grouped by.</param>
/// <param name="Targets">Ordinals of its targets, ascending.</param>
public sealed record Word(int Turn, int Start, int End, string Type, IReadOnlyList<int> Targets);

/// <summary>Merges target tokens into words at blank boundaries.</summary>
public static class WordMerger
{
    /// <summary>
    /// The words of a sample's answers, in order. A word is a run of characters between blanks, less punctuation at its ends; a target belongs
    /// to the run that holds its first visible character. Targets on punctuation at a run's ends make words of their own ("red." is
    /// "red" and "."); end tokens and targets on blanks alone belong to none.
    /// </summary>
    public static IReadOnlyList<Word> Merge(Sample sample, TokenizedSample tokens)
    {
        var words = new List<(int Turn, int Start, int End, List<int> Targets)>();
        for (var t = 0; t < tokens.TargetSpans.Length; t++)
        {
            var span = tokens.TargetSpans[t];
            var text = sample.Turns[span.Turn].Text;
            var first = span.Start;
            while (first < span.End && char.IsWhiteSpace(text[first]))
            {
                first++;
            }

            if (first == span.End)
            {
                continue;
            }

            var (start, end) = Bounds(text, first, span.End);
            if (words.Count > 0 && words[^1].Turn == span.Turn && words[^1].Start == start && words[^1].End == end)
            {
                words[^1].Targets.Add(t);
            }
            else
            {
                words.Add((span.Turn, start, end, [t]));
            }
        }

        return [.. words.Select(w => new Word(w.Turn, w.Start, w.End, sample.Turns[w.Turn].Text[w.Start..w.End].ToLowerInvariant(), w.Targets))];
    }

    /// <summary>The word's core if the token reaches into it, else the token itself.</summary>
    private static (int Start, int End) Bounds(string text, int first, int tokenEnd)
    {
        int start = first, end = first;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]))
        {
            start--;
        }

        while (end < text.Length && !char.IsWhiteSpace(text[end]))
        {
            end++;
        }

        var visibleEnd = Math.Min(tokenEnd, end);
        while (start < end && !IsLetterOrDigit(text[start]))
        {
            start++;
        }

        while (end > start && !IsLetterOrDigit(text[end - 1]))
        {
            end--;
        }

        return first < end && visibleEnd > start ? (start, end) : (first, visibleEnd);
    }

    // A surrogate is part of a letter or a picture: never cut between its halves.
    private static bool IsLetterOrDigit(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c);
}
