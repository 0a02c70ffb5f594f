using Fovea.Core.Json;
using Fovea.Data.Corpora;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Asking;

/// <summary>
/// Questions as the tools of the field distribute them: JSON, JSON Lines, CSV, TSV or Excel, packed or not. A record has a question, an image or several or
/// none, and perhaps options: columns A, B, C, ... as in MMBench, or a list.
/// </summary>
public static class QuestionFile
{
    private static readonly string[] Texts = ["text", "question", "query", "prompt"], Images = ["image_path", "image", "images", "filename"],
        Lists = ["options", "choices"], Endings = [".json", ".jsonl", ".csv", ".tsv", ".xlsx"];

    private const int LongestName = 1024; // what is longer is the image itself

    private const string Tag = "<image>", Hint = "hint", Letters = "ABCDEFGHIJ";

    /// <summary>The files that a path means: itself, or those of a folder.</summary>
    /// <exception cref="InvalidInputException">The folder holds no file of questions.</exception>
    public static IReadOnlyList<string> Files(string path) => !Directory.Exists(path) ? [path]
        : AnswerFolder.Files(path, Endings) is { Count: > 0 } files ? files
        : throw new InvalidInputException(path, null, $"holds no file of questions; expected names that end in {string.Join(", ", Endings)}");

    /// <summary>Reads all questions, in order.</summary>
    /// <param name="path">A file, or a folder of files.</param>
    /// <param name="images">Folder of the images; null for the files' own.</param>
    /// <param name="suffix">Put behind each question that does not end in it; empty for nothing.</param>
    /// <param name="choices">Of questions that name no options.</param>
    /// <exception cref="InvalidInputException">A record has no question, or an image's name leaves the folder.</exception>
    public static IReadOnlyList<AskedQuestion> Read(string path, string? images, string suffix, IReadOnlyList<string> choices)
    {
        var questions = new List<AskedQuestion>();
        foreach (var file in Files(path))
        {
            var records = AnswerRecords.Read(file, "questions", "data");
            var corpus = RecordCorpus.Read(
                new CorpusFile(file, images ?? Path.GetDirectoryName(Path.GetFullPath(file))!, new InvalidRecords(0)),
                records.Select(r => (Func<SampleKey, Sample>)(key => SampleOf(key, r, suffix))));
            questions.AddRange(corpus.Samples.Zip(records, (sample, record) =>
                new AskedQuestion(sample, corpus, record.ToObject(), Options(record) is { Count: > 0 } own ? [.. own.Select((_, i) => Letters[i..(i + 1)])] : choices)));
        }

        return questions.Count > 0 ? questions : throw new InvalidInputException(path, null, "holds no question");
    }

    private static Sample SampleOf(SampleKey key, ForeignJson record, string suffix)
    {
        var text = record.First(Texts)?.Text() ?? throw record.Error($"has no question; expected one of the keys {string.Join(", ", Texts)}");
        text = string.Join('\n', new[] { Filled(record.OptionalText(Hint)), text }.OfType<string>().Concat(Options(record).Select((o, i) => $"{Letters[i]}. {o}")));
        text = text.EndsWith(suffix, StringComparison.Ordinal) ? text : text + suffix;
        var named = record.First(Images) is not { } value ? []
            : value.Element.ValueKind == JsonValueKind.Array ? value.Items().Select(i => i.Text()).ToArray()
            : Filled(value.Text()) is { } one ? [one] : [];
        if (named.Any(n => n.Length > LongestName))
        {
            throw record.Error($"holds an image itself, in base64; write images to files, and name these under \"{Images[0]}\"");
        }

        return new Sample(key, null, named,
            [new Turn(Role.Human, text.Contains(Tag, StringComparison.Ordinal) ? text : string.Concat(named.Select(_ => Tag + "\n")) + text), new Turn(Role.Assistant, "")]);
    }

    private static IReadOnlyList<string> Options(ForeignJson record) =>
        record.First(Lists) is { Element.ValueKind: JsonValueKind.Array } list ? [.. list.Items().Take(Letters.Length).Select(i => i.Text())]
            : [.. Letters.TakeWhile(l => Filled(record.Optional($"{l}") is { Element.ValueKind: JsonValueKind.String } o ? o.Text() : null) is not null)
                .Select(l => record.Field($"{l}").Text())];

    // Tables write what is absent as nothing, or as pandas does.
    private static string? Filled(string? text) => text is null or "" or "nan" ? null : text;
}
