using Fovea.Data.Tokenizers;

namespace Fovea.Data.Templates;

/// <summary>Which tokens carry loss, given which characters do.</summary>
internal static class LossRule
{
    /// <summary>
    /// A token carries loss if it lies inside a target, or reaches over a target's edge and has characters other than blanks, all of them inside.
    /// A token that is not in the text never does.
    /// </summary>
    /// <param name="token">Its characters.</param>
    /// <param name="text">All of the text.</param>
    /// <param name="targets">What carries loss, ascending and apart.</param>
    public static bool CarriesLoss(TextSpan token, string text, IReadOnlyList<(int Start, int End)> targets)
    {
        if (!token.IsInText)
        {
            return false;
        }

        for (var i = FirstEndingAfter(targets.Count, t => targets[t].End, token.Start); i < targets.Count
            && targets[i].Start < Math.Max(token.End, token.Start + 1); i++)
        {
            var (start, end) = targets[i];
            if (start <= token.Start && token.End <= end && token.Start < end)
            {
                return true;
            }

            if (token.Start < end && token.End > start && SolidPartLiesIn(token, text, start, end))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Indices of the tokens that carry loss, ascending, and the answer that each belongs to.</summary>
    public static (List<int> Targets, List<AnswerPlace> Owners) FindTargets(RenderedChat chat, TextSpan[] spans)
    {
        var (text, ranges) = (chat.Text, chat.Targets());
        var (targets, owners) = (new List<int>(), new List<AnswerPlace>());
        for (var i = 0; i < spans.Length; i++)
        {
            if (CarriesLoss(spans[i], text, ranges))
            {
                targets.Add(i);
                owners.Add(chat.Answers[FirstEndingAfter(chat.Answers.Count, a => chat.Answers[a].TargetEnd, spans[i].Start)]);
            }
        }

        return (targets, owners);
    }

    /// <summary>
    /// The first of <paramref name="count"/> ascending ends that lies behind <paramref name="start"/>: a conversation may have many
    /// answers, so each is looked for by halves.
    /// </summary>
    private static int FirstEndingAfter(int count, Func<int, int> endOf, int start)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = endOf(middle) > start ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private static bool SolidPartLiesIn(TextSpan token, string text, int start, int end)
    {
        var (first, last) = (token.Start, token.End - 1);
        while (first <= last && Blanks.IsBlank(text[first]))
        {
            first++;
        }

        while (last >= first && Blanks.IsBlank(text[last]))
        {
            last--;
        }

        return first <= last && start <= first && last < end;
    }
}
