using Fovea.Data.Tokenizers;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Text;

/// <summary>A file of text cases.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">How its cases are called.</param>
/// <param name="Json">Its content.</param>
/// <param name="Tokenizers">Loads what it names.</param>
internal sealed record TextFixture(string Path, string Name, JsonElement Json, Tokenizers Tokenizers)
{
    public JsonElement Specification(string name) => Json.Need("tokenizers").Need(name);

    /// <summary>A tokenizer by its name in the file; <c>tokenizers/...</c> lies beside the file's folder.</summary>
    public Tokenizer Tokenizer(string name) => Tokenizers.Load(Specification(name), Folders);

    /// <summary>The folder that a tokenizer's own file lies in.</summary>
    public string TokenizerFolder(string name) => Tokenizers.FolderOf(Specification(name), Folders);

    private string[] Folders => System.IO.Path.GetDirectoryName(Path) is { } folder ? [System.IO.Path.Combine(folder, ".."), folder] : [];

    /// <summary>A record as a sample; a role that is none of the three is refused.</summary>
    public static Sample Sample(JsonElement record)
    {
        var turns = record.List("conversations").Select(t => new Turn(t.Text("from") switch
        {
            "system" => Role.System,
            "human" => Role.Human,
            "gpt" => Role.Assistant,
            var other => throw new ReferenceException($"the role \"{other}\""),
        }, t.Text("value")));
        return new Sample(new SampleKey("records.json", 0), record.Try("id") is null ? null : record.Text("id"), Images(record), [.. turns]);
    }

    /// <summary>The image files of a record: a string is one, a list its length, absent none.</summary>
    public static IReadOnlyList<string> Images(JsonElement record) => record.Try("image") switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        _ => [.. record.List("image").Select(i => i.GetString()!)],
    };
}
