using System.Text;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Mme;

/// <summary>A question of MME as answered: one line of the evaluation tool's files.</summary>
/// <param name="Image">Name of the image.</param>
/// <param name="Question">The question.</param>
/// <param name="IsCorrect">Whether the answer, as read, is the right one.</param>
internal sealed record MmeAnswer(string Image, string Question, bool IsCorrect);

/// <summary>
/// A file of MME's evaluation tool (BradyFU/Awesome-Multimodal-Large-Language-Models, branch Evaluation, eval_tool/calculation.py): one task, lines of image,
/// question, right answer and answer between tabs, two lines for each image.
/// </summary>
internal static class MmeFile
{
    private const int PrefixLength = 4;

    /// <summary>The pairs of answers, one pair for each image.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parse">The rule that reads an answer: yes, no, or null for neither.</param>
    /// <exception cref="InvalidInputException">A line has other fields, or an image has not two questions.</exception>
    public static IReadOnlyList<(MmeAnswer First, MmeAnswer Second)> Read(string path, Func<string, bool?> parse)
    {
        var lines = Encoding.UTF8.GetString(PackedFile.ReadAllBytes(path)).TrimStart('\uFEFF').Split('\n');
        var answers = lines.Select(l => l.TrimEnd('\r')).Index().Where(l => l.Item.Length > 0).Select(l => Parse(path, l.Index, l.Item, parse)).ToArray();
        if (answers.GroupBy(a => (a.Image, a.Question)).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InvalidInputException(path, null, $"image {twice.Key.Image}: '{Quoted.Shorten(twice.Key.Question)}' is answered twice; keep one");
        }

        // The tool pairs lines that follow each other; where they do not, the image says which belong together.
        var pairs = answers.Chunk(2).ToArray();
        if (!pairs.All(p => p is [var a, var b] && a.Image == b.Image))
        {
            pairs = [.. answers.GroupBy(a => a.Image).Select(g => g.ToArray())];
        }

        return Array.Find(pairs, p => p.Length != 2) is { } odd
            ? throw new InvalidInputException(path, null, $"image {odd[0].Image}: expected answers to 2 questions, got {odd.Length}")
            : [.. pairs.Select(p => (p[0], p[1]))];
    }

    /// <summary>
    /// The tool's reading of an answer: in lower case exactly "yes" or "no", else whichever of them its first four characters hold, "yes" before "no"; null
    /// for neither, which counts as wrong.
    /// </summary>
    public static bool? Parse(string answer)
    {
        var start = answer.ToLowerInvariant();
        start = start[..Math.Min(start.Length, PrefixLength)];
        return start.Contains("yes", StringComparison.Ordinal) ? true : start.Contains("no", StringComparison.Ordinal) ? false : null;
    }

    private static MmeAnswer Parse(string path, int line, string text, Func<string, bool?> parse)
    {
        if (text.Split('\t') is not [var image, var question, var truth, var answer])
        {
            throw new InvalidInputException(path, line, $"expected image, question, right answer and answer between tabs, got {text.Split('\t').Length} fields");
        }

        var isYes = truth.ToLowerInvariant() switch
        {
            "yes" => true,
            "no" => false,
            _ => throw new InvalidInputException(path, line, $"the right answer: expected Yes or No, got '{Quoted.Shorten(truth)}'"),
        };
        return new MmeAnswer(image, question, parse(answer) == isYes);
    }
}
