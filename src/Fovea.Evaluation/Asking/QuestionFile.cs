using Fovea.Core.Json;
using Fovea.Data.Corpora;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Asking;

/// <summary>
/// Questions as the tools of the field distribute them: JSON, JSON Lines, CSV, TSV or Excel, packed or not, records in a list or under their ids. A record has a
/// question, an image or several or none (by name, by id, or in a table itself), and perhaps options: columns A, B, C, ... as in MMBench, or a list.
/// </summary>
public static class QuestionFile
{
    private static readonly string[] Texts = ["text", "question", "query", "prompt"], Images = ["image_path", "image", "images", "filename", "file_name", "imagename"],
        Ids = ["image_id", "imageId"], Lists = ["options", "choices"], Endings = [".json", ".jsonl", ".csv", ".tsv", ".xlsx"],
        Pictures = [".jpg", ".png", ".jpeg"], Splits = ["val2014", "train2014", "test2015"];

    private const string Tag = "<image>", Hint = "hint", Letters = "ABCDEFGHIJ";

    /// <summary>Keys of a record's question; the first that there is counts.</summary>
    internal static IReadOnlyList<string> TextKeys => Texts;

    /// <summary>Keys of a record's images; the first that there is counts.</summary>
    internal static IReadOnlyList<string> ImageKeys => Images;

    /// <summary>Where an image stands in a question's text.</summary>
    internal static string ImageTag => Tag;

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
            var (folder, embedded) = (images ?? Path.GetDirectoryName(Path.GetFullPath(file))!, new Dictionary<string, byte[]>());
            var records = KeyedRecords.WithIds(file, AnswerRecords.Read(file, embedded, "questions", "data"));
            ICorpus corpus = RecordCorpus.Read(new CorpusFile(file, folder, new InvalidRecords(0)),
                records.Select(r => (Func<SampleKey, Sample>)(key => SampleOf(key, r.Record, suffix, folder))));
            corpus = embedded.Count > 0 ? new QuestionImages(corpus, embedded) : corpus;
            questions.AddRange(corpus.Samples.Zip(records, (sample, r) => new AskedQuestion(sample, corpus, RecordOf(r.Id, r.Record),
                Options(r.Record) is { Count: > 0 } own ? [.. own.Select((_, i) => Letters[i..(i + 1)])] : choices)));
        }

        return questions.Count > 0 ? questions : throw new InvalidInputException(path, null, "holds no question");
    }

    private static Sample SampleOf(SampleKey key, ForeignJson record, string suffix, string folder)
    {
        var text = record.First(Texts)?.Text() ?? throw record.Error($"has no question; expected one of the keys {string.Join(", ", Texts)}");
        text = string.Join('\n', new[] { Filled(record.OptionalText(Hint)), text }.OfType<string>().Concat(Options(record).Select((o, i) => $"{Letters[i]}. {o}")));
        text = text.EndsWith(suffix, StringComparison.Ordinal) ? text : text + suffix;
        var named = Named(record, folder);
        if (named.Any(EmbeddedImages.IsImage))
        {
            throw record.Error($"holds an image itself, in base64, which is read from tables only; write images to files, and name these under \"{Images[0]}\"");
        }

        return new Sample(key, null, named,
            [new Turn(Role.Human, text.Contains(Tag, StringComparison.Ordinal) ? text : string.Concat(named.Select(_ => Tag + "\n")) + text), new Turn(Role.Assistant, "")]);
    }

    private static string[] Named(ForeignJson record, string folder)
    {
        ForeignJson?[] given = [.. Images.Select(k => record.Optional(k))];
        var value = Array.Find(given, v => v?.Element is { ValueKind: JsonValueKind.String } && EmbeddedImages.IsOne(v.Text()))
            ?? Array.Find(given, v => v is not null && (v.Element.ValueKind != JsonValueKind.String || Filled(v.Text()) is not null));
        return value is null ? record.First(Ids)?.Id() is { Length: > 0 } id ? [OfId(id, folder)] : []
            : value.Element.ValueKind == JsonValueKind.Array ? [.. value.Items().Select(i => i.Text())] : [value.Text()];
    }

    /// <summary>
    /// The file of an image that is known by its id: with an ending, or, of COCO's numbers, with the zeros and the split before them. Where there is none, the name
    /// that is looked for in vain.
    /// </summary>
    private static string OfId(string id, string folder)
    {
        var stems = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? [id, $"{number:D12}", .. Splits.Select(s => $"COCO_{s}_{number:D12}")] : (string[])[id];
        string[] names = [id, .. stems.SelectMany(_ => Pictures, (stem, ending) => stem + ending)];
        return Array.Find(names, n => File.Exists(Path.Combine(folder, n))) ?? names[1];
    }

    private static JsonObject RecordOf(string? id, ForeignJson record)
    {
        var written = record.ToObject();
        if (id is not null)
        {
            written.Insert(0, "id", id);
        }

        return written;
    }

    private static IReadOnlyList<string> Options(ForeignJson record) =>
        record.First(Lists) is { Element.ValueKind: JsonValueKind.Array } list ? [.. list.Items().Take(Letters.Length).Select(i => i.Text())]
            : record.First(Lists) is { Element.ValueKind: JsonValueKind.String } cell && TextList.Parse(cell.Text()) is { } written ? [.. written.Take(Letters.Length)]
            : [.. Letters.TakeWhile(l => Filled(record.Optional($"{l}") is { Element.ValueKind: JsonValueKind.String } o ? o.Text() : null) is not null)
                .Select(l => record.Field($"{l}").Text())];

    // Tables write what is absent as nothing, or as pandas does.
    private static string? Filled(string? text) => text is null or "" or "nan" ? null : text;
}
