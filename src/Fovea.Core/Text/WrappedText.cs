namespace Fovea.Core.Text;

/// <summary>Text as lines of a width.</summary>
public static class WrappedText
{
    /// <summary>Text broken at blanks, with <paramref name="bullet"/> before its first line and as much room before the others.</summary>
    /// <param name="text">Words between blanks; one that is wider has a line of its own.</param>
    /// <param name="width">Characters of a line, at most.</param>
    /// <param name="bullet">What begins the first line.</param>
    public static IEnumerable<string> Lines(string text, int width, string bullet = "")
    {
        var line = bullet;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > bullet.Length && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = new string(' ', bullet.Length);
            }

            line += (line.Length > bullet.Length ? " " : "") + word;
        }

        yield return line.TrimEnd();
    }
}
