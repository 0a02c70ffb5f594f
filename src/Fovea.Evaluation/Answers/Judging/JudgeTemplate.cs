using System.Text.RegularExpressions;

namespace Fovea.Evaluation.Answers.Judging;

/// <summary>
/// The wording of a judge's prompt, from a file that the user gives: a text, or the benchmark's own Python script, of which the first text in triple quotes
/// is taken. So published prompts are used to the letter, and none is copied here.
/// </summary>
internal static partial class JudgeTemplate
{
    private const long MostBytes = 1 << 20;

    /// <summary>The wording.</summary>
    /// <exception cref="InvalidInputException">There is no such file, or a script has no text in triple quotes.</exception>
    public static string Read(string path)
    {
        string text;
        try
        {
            text = RegularFile.ReadAllText(path, MostBytes).ReplaceLineEndings("\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"cannot be read: {e.Message}", e);
        }

        return Path.GetExtension(path) != ".py" ? text
            : Quoted_().Match(text) is { Success: true } match ? match.Groups[2].Value
            : throw new InvalidInputException(path, null, "holds no text in triple quotes; give the wording as a text file");
    }

    /// <summary>Fills the places: <c>{name}</c>, or <c>{}</c> in order. What is filled in is not looked at again.</summary>
    /// <exception cref="InvalidInputException">The template has another number of places.</exception>
    public static string Fill(string path, string template, params (string Name, string Value)[] values)
    {
        var next = 0;
        var filled = Place().Replace(template, m => m.Groups[1].Length > 0
            ? Array.Find(values, v => v.Name == m.Groups[1].Value) is { Name: not null } named ? named.Value : m.Value
            : next < values.Length ? values[next++].Value : throw Wrong());
        return next == 0 || next == values.Length ? filled : throw Wrong();

        InvalidInputException Wrong() =>
            new(path, null, $"expected places {{}} for {string.Join(", ", values.Select(v => v.Name))}, or {string.Join(", ", values.Select(v => $"{{{v.Name}}}"))}");
    }

    [GeneratedRegex("(\"\"\"|''')(.*?)\\1", RegexOptions.Singleline)]
    private static partial Regex Quoted_();

    [GeneratedRegex(@"\{([a-z_]*)\}")]
    private static partial Regex Place();
}
