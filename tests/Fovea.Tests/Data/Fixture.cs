using System.Collections.Concurrent;
using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Data.Tokenizers;

namespace Fovea.Tests.Data;

/// <summary>Reads the fixtures of text and images.</summary>
internal static class Fixture
{
    private static readonly ConcurrentDictionary<string, Tokenizer> Tokenizers = new(StringComparer.Ordinal);    // loaded once: they do not change

    public static JsonElement Json(string relative) => JsonDocument.Parse(File.ReadAllBytes(TestData.Find(relative))).RootElement;

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static int[] Ints(this JsonElement element) => [.. element.EnumerateArray().Select(e => e.GetInt32())];

    public static int[][] Ranges(this JsonElement element) => [.. element.EnumerateArray().Select(e => e.Ints())];

    /// <summary>A tokenizer of ours, or a real one from the folder of data, by the name that the text fixtures give it.</summary>
    public static Tokenizer Tokenizer(string name) => Tokenizers.GetOrAdd(name, Load);

    private static Tokenizer Load(string name) => name switch
    {
        "llama" => Folder("data/hf_configs/llava-1.5-7b-hf"),
        "mistral" => Folder("data/hf_configs/mistral-7b-instruct-v0.3"),
        "qwen2.5" or "clip" => Folder($"data/tokenizers/{name}"),
        "gpt2" => Folder("data/tokenizers/gpt2"),
        "torchtune_bpe" => Fovea.Data.Tokenizers.Tokenizer.LoadJson(TestData.Find("data/tokenizers/tiny_torchtune/tiny_bpe_tokenizer.json")),
        "llama_spm" or "llama_spm_nonlegacy" => SentencePiece("data/tokenizers/llama2/tokenizer.model", name == "llama_spm"),
        "stories260k" => SentencePiece("data/weights/stories260K/tok512.model", true),
        "torchtune_unigram" => SentencePiece("data/tokenizers/tiny_torchtune/m.model", true),
        "test_unigram" => SentencePiece("data/tokenizers/tiny_sentencepiece/test_model.model", true),
        "test_unigram_bytes" => SentencePiece("data/tokenizers/tiny_sentencepiece/test_sentencepiece_with_bytefallback.model", true),
        _ => Folder($"fixtures/tokenizers/{name}"),
    };

    private static Tokenizer Folder(string folder) => Fovea.Data.Tokenizers.Tokenizer.Load(TestData.Find(folder));

    private static Tokenizer SentencePiece(string file, bool legacy) => Fovea.Data.Tokenizers.Tokenizer.LoadSentencePiece(TestData.Find(file), legacy);

    /// <summary>A record of a fixture as a sample; its roles must be known ones.</summary>
    public static Sample Sample(JsonElement record)
    {
        List<string> images = !record.TryGetProperty("image", out var image) ? []
            : image.ValueKind == JsonValueKind.String ? [image.GetString()!] : [.. image.EnumerateArray().Select(i => i.GetString()!)];
        var turns = record.GetProperty("conversations").EnumerateArray().Select(t => new Turn(
            t.Text("from") switch { "system" => Role.System, "human" => Role.Human, _ => Role.Assistant }, t.Text("value")));
        return new Sample(new SampleKey("records.json", 0), record.Text("id"), images, [.. turns]);
    }

    public static Sample Sample(IReadOnlyList<string> images, params (Role Role, string Text)[] turns) =>
        new(new SampleKey("records.json", 7), "x", images, [.. turns.Select(t => new Turn(t.Role, t.Text))]);
}
