using System.Text;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Analyses;

/// <summary>Words by class, for means by class: the built-in visual lexicon, or parts of speech and classes from a file.</summary>
/// <param name="Classes">The names of all classes, in the order in which they are shown.</param>
/// <param name="Of">The class of a word in lower case; null of what is left out.</param>
public sealed record WordClasses(IReadOnlyList<string> Classes, Func<string, string?> Of)
{
    private const string SenseFile = "index.sense";

    /// <summary><see cref="VisualLexicon"/>.</summary>
    public static WordClasses Visual { get; } = new(VisualLexicon.Classes, VisualLexicon.ClassOf);

    /// <summary>
    /// Classes from a file: WordNet's <c>index.sense</c>, for parts of speech (<see cref="PartsOfSpeech"/>), or lines <c>word TAB class</c>. Words that the latter does not
    /// have are of the class <see cref="VisualLexicon.Other"/>.
    /// </summary>
    /// <param name="path">The file, packed or not.</param>
    /// <exception cref="InvalidInputException">It is neither.</exception>
    public static WordClasses Read(string path)
    {
        var lines = Encoding.UTF8.GetString(PackedFile.ReadAllBytes(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return PackedFile.NameOf(path) == SenseFile ? PartsOfSpeech.FromSenses(path, lines) : FromLines(path, lines);
    }

    private static WordClasses FromLines(string path, string[] lines)
    {
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (record, line) in lines.Index())
        {
            if (line.Split('\t', StringSplitOptions.TrimEntries) is not [{ Length: > 0 } word, { Length: > 0 } name] || name.Contains('/', StringComparison.Ordinal))
            {
                throw new InvalidInputException(path, record, $"expected a word, a tab and a class without '/', got '{Quoted.Shorten(line)}'; or give WordNet's {SenseFile}");
            }

            classes[word.ToLowerInvariant()] = name.Replace(' ', '_');
        }

        return classes.Count == 0 ? throw new InvalidInputException(path, null, "holds no word; expected lines of a word, a tab and its class")
            : new WordClasses([.. classes.Values.Distinct(), VisualLexicon.Other],
                word => classes.GetValueOrDefault(word) ?? (word.Any(char.IsLetterOrDigit) ? VisualLexicon.Other : null));
    }
}
