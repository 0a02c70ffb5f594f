using Fovea.Data.Tokenizers;

namespace Fovea.Data.Templates;

/// <summary>Which tokens carry loss, given which characters do.</summary>
internal static class LossRule
{
    /// <summary>
    /// A token carries loss if it lies inside a target, or reaches over a target's edge and has characters other than blanks, all of them inside.
    /// A token that is not in the text never does.
    /// </summary>
    public static bool CarriesLoss(TextSpan token, string text, IReadOnlyList<(int Start, int End)> targets)
    {
        if (!token.IsInText)
        {
            return false;
        }

        foreach (var (start, end) in targets)
        {
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
