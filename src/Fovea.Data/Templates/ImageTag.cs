namespace Fovea.Data.Templates;

/// <summary>The tag <c>&lt;image&gt;</c>, which marks the place of an image in a question.</summary>
internal static class ImageTag
{
    public const string Text = "<image>";

    public static int Count(string text)
    {
        var count = 0;
        for (var at = text.IndexOf(Text, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Text, at + Text.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    /// <summary>
    /// LLaVA's rule: a question's only tag moves to its front, on a line of its own, and the ends are stripped; two or more stay where they are.
    /// </summary>
    public static string MoveToFront(string question) =>
        Count(question) == 1 ? Blanks.Strip(Text + "\n" + Blanks.Strip(Remove(question))) : question;

    /// <summary>Transformers' list form: a tag and a line break for each image, then the text without tags, stripped if there were any.</summary>
    public static string ListForm(string question) => Count(question) is > 0 and var count
        ? string.Concat(Enumerable.Repeat(Text + "\n", count)) + Blanks.Strip(Remove(question))
        : question;

    /// <summary>Without tags; everything else stays.</summary>
    public static string Remove(string question) => question.Replace(Text, "", StringComparison.Ordinal);

    /// <summary>Without tags and one line break beside each (SOLO's rule).</summary>
    public static string RemoveWithLineBreak(string question) =>
        Remove(question.Replace(Text + "\n", "", StringComparison.Ordinal).Replace("\n" + Text, "", StringComparison.Ordinal));
}
