using System.Text.RegularExpressions;
using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Pope;

/// <summary>A question of POPE.</summary>
/// <param name="Category"><c>random</c>, <c>popular</c> or <c>adversarial</c>; another name, or none, where the files say so.</param>
/// <param name="Id">Its id; unique within its category.</param>
/// <param name="Image">The image's name without folder and ending; null where the files do not say.</param>
/// <param name="Stem">The question in lower case, without what a prompt adds to it; null where the files do not say.</param>
/// <param name="IsYes">The right answer; null where it is to come from labels.</param>
/// <param name="Record">Which record it is of all that were read: questions of one record share an answer.</param>
internal sealed partial record PopeQuestion(string Category, string Id, string? Image, string? Stem, bool? IsYes, int Record)
{
    private const string Word = "random|popular|adversarial";

    /// <summary>What the field's tools call the things of a question: POPE and LLaVA, VLMEvalKit, lmms-eval, PAI.</summary>
    private static readonly string[] Ids = ["question_id", "index", "id"], Images = ["image", "image_source", "image_path", "image_id"],
        Texts = ["text", "question", "query", "prompt"], Labels = ["label", "gt_answer", "ground_truth"];

    /// <summary>What one is found by.</summary>
    public string Key => Category.Length == 0 ? Id : $"{Category}/{Id}";

    /// <summary>
    /// The questions of a file, or of a folder of files whose names say their category. Where one record counts for several categories (VLMEvalKit's
    /// <c>adversarial,popular</c>), it gives as many questions.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="holdsAnswers">Whether the answers are in it too, so that <c>answer</c> may be one.</param>
    /// <exception cref="InvalidInputException">A file is none of these, or a question is there twice.</exception>
    public static IReadOnlyList<PopeQuestion> Read(string path, bool holdsAnswers = false)
    {
        PopeQuestion[] all = [.. PopeFiles.Records(path).Index().SelectMany(r => Of(r.Item.Category, r.Item.Record, r.Index, holdsAnswers))];
        return all.GroupBy(q => q.Key).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new InvalidInputException(path, null, $"question {twice.Key} is there {twice.Count()} times; ids must be unique within a category")
            : all;
    }

    /// <summary>The id of a record, or null.</summary>
    public static string? IdOf(ForeignJson record) => record.First(Ids)?.Id();

    /// <summary>
    /// A question as it is compared: in lower case, up to its question mark, and without the slip of an older release of POPE, which made "an umbrella in the
    /// imange" by replacing every "a".
    /// </summary>
    public static string StemOf(string text)
    {
        var line = text.Trim().ToLowerInvariant().Replace("imange", "image", StringComparison.Ordinal).Replace("is there an ", "is there a ", StringComparison.Ordinal);
        var end = line.IndexOf('?', StringComparison.Ordinal);
        return end < 0 ? line : line[..(end + 1)];
    }

    /// <summary>The question's text of a record, or null; not <c>text</c> where that is the answer.</summary>
    public static string? TextOf(ForeignJson record, bool isAnswer) => record.First(isAnswer ? Texts.AsSpan(1) : Texts) is { } text
        && text.Element.ValueKind == JsonValueKind.String ? text.Text() : null;

    /// <summary>The category that a file's name says, or null.</summary>
    public static string? CategoryOf(string path) => Category_().Match(Path.GetFileName(path)) is { Success: true } match ? match.Value.ToLowerInvariant() : null;

    private static IEnumerable<PopeQuestion> Of(string? category, ForeignJson record, int index, bool holdsAnswers)
    {
        var doc = record.OptionalObject("doc") ?? record;
        var isGoldAnswer = !holdsAnswers || !ReferenceEquals(doc, record) || record.Has("prediction");
        var label = doc.First(Labels) ?? (isGoldAnswer ? doc.First("answer") : null) ?? record.First("target");
        var categories = (doc.OptionalText("category") ?? category ?? "").Split(',', StringSplitOptions.TrimEntries);
        foreach (var one in categories)
        {
            yield return new PopeQuestion(
                one.ToLowerInvariant(), IdOf(doc) ?? IdOf(record) ?? (index + 1).ToString(CultureInfo.InvariantCulture),
                doc.First(Images) is { Element.ValueKind: JsonValueKind.String or JsonValueKind.Number } image ? ImageOf(image.Id()) : null,
                TextOf(doc, isAnswer: false) is { } text ? StemOf(text) : null, label is null ? null : IsYesOf(label), index);
        }
    }

    private static string ImageOf(string name)
    {
        var file = Path.GetFileName(name);
        return Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG" ? Path.GetFileNameWithoutExtension(file) : file;
    }

    private static bool IsYesOf(ForeignJson label) => (label.Element.ValueKind, label.Element.ToString().Trim().ToUpperInvariant()) switch
    {
        (JsonValueKind.String, "YES") or (JsonValueKind.Number or JsonValueKind.String, "1") => true,
        (JsonValueKind.String, "NO") or (JsonValueKind.Number or JsonValueKind.String, "0") => false,
        _ => throw label.Expected("yes or no (or 1 or 0)"),
    };

    [GeneratedRegex(Word, RegexOptions.IgnoreCase)]
    private static partial Regex Category_();
}
