namespace Fovea.Data.Templates;

/// <summary>What Python calls a blank (<c>str.isspace</c>), which the templates and the loss rule are defined with: White_Space and U+001C to U+001F.</summary>
internal static class Blanks
{
    public static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Without blanks at both ends.</summary>
    public static string Strip(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsBlank(text[start]))
        {
            start++;
        }

        while (end > start && IsBlank(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }
}
