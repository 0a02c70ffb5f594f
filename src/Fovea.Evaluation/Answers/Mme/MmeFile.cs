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

    /// <summary>The pairs of answers of a file, one pair for each image.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parse">The rule that reads an answer: yes, no, or null for neither.</param>
    /// <exception cref="InvalidInputException">A line has other fields, or an image has not two questions.</exception>
    public static IReadOnlyList<(MmeAnswer First, MmeAnswer Second)> Read(string path, Func<string, bool?> parse) =>
        Pairs(path, [.. Lines(path, withAnswers: true).Select(l => Answer(path, l.Line, l.Fields, parse))]);

    /// <summary>The same of records that <see cref="ToAsk"/> made and a model answered, by task.</summary>
    /// <exception cref="InvalidInputException">A record has other keys, or an image has not two questions.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<(MmeAnswer First, MmeAnswer Second)>> ReadRecords(string path, Func<string, bool?> parse) =>
        AnswerRecords.Read(path).GroupBy(r => r.Field("task").Text()).ToDictionary(t => t.Key, t => (IReadOnlyList<(MmeAnswer, MmeAnswer)>)Pairs(path, [.. t.Select((r, i) => Answer(path, i,
            [r.Field("name").Text(), r.Field("question").Text(), r.Field("answer").Text(), r.Field("prediction").Text()], parse))]), StringComparer.OrdinalIgnoreCase);

    /// <summary>The questions of a file as records to be asked. The benchmark keeps the images of a task in its folder, or in <c>images</c> there.</summary>
    /// <param name="path">The file, with answers or without.</param>
    /// <param name="task">Its task.</param>
    /// <param name="images">Folder of the tasks' folders.</param>
    /// <exception cref="InvalidInputException">A line has other fields.</exception>
    public static IEnumerable<JsonObject> ToAsk(string path, string task, string images) => Lines(path, withAnswers: false).Select(l => new JsonObject
    {
        ["task"] = task,
        ["image"] = File.Exists(Path.Combine(images, task, "images", l.Fields[0])) ? $"{task}/images/{l.Fields[0]}" : $"{task}/{l.Fields[0]}",
        ["name"] = l.Fields[0],
        ["question"] = l.Fields[1],
        ["answer"] = l.Fields[2],
    });

    private static IEnumerable<(int Line, string[] Fields)> Lines(string path, bool withAnswers)
    {
        foreach (var (line, text) in Encoding.UTF8.GetString(PackedFile.ReadAllBytes(path)).TrimStart('\uFEFF').Split('\n').Select(l => l.TrimEnd('\r')).Index())
        {
            var fields = text.Split('\t');
            if (text.Length > 0)
            {
                yield return fields.Length == 4 || (fields.Length == 3 && !withAnswers) ? (line, fields) : throw new InvalidInputException(path, line,
                    $"expected image, question, right answer{(withAnswers ? " and answer" : "")} between tabs, got {fields.Length} fields");
            }
        }
    }

    private static (MmeAnswer First, MmeAnswer Second)[] Pairs(string path, MmeAnswer[] answers)
    {
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

    private static MmeAnswer Answer(string path, int line, string[] fields, Func<string, bool?> parse)
    {
        var isYes = fields[2].ToLowerInvariant() switch
        {
            "yes" => true,
            "no" => false,
            _ => throw new InvalidInputException(path, line, $"the right answer: expected Yes or No, got '{Quoted.Shorten(fields[2])}'"),
        };
        return new MmeAnswer(fields[0], fields[1], parse(fields[3]) == isYes);
    }
}
