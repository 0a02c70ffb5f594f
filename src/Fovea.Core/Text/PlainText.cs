using System.Text;

namespace Fovea.Core.Text;

/// <summary>Text from outside that cannot steer a terminal.</summary>
public static class PlainText
{
    /// <summary>Control characters are written out; line breaks stay visible, and break the line where <paramref name="keepLines"/> says so.</summary>
    public static string Of(string text, bool keepLines = true)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            plain.Append(c switch
            {
                '\n' => keepLines ? "\\n\n" : "\\n",
                '\t' => "\\t",
                _ when char.IsControl(c) || char.IsSurrogate(c) && text.Length == 1 => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return plain.ToString();
    }

    /// <summary>Text as it is, but for the control characters by which it could steer a terminal; line breaks and tabs stay.</summary>
    public static string Harmless(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));
}
