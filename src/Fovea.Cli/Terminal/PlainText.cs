using System.Text;

namespace Fovea.Cli.Terminal;

/// <summary>Text from outside that cannot steer a terminal.</summary>
internal static class PlainText
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
}
