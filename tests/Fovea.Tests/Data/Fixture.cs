using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Data.Tokenizers;

namespace Fovea.Tests.Data;

/// <summary>Reads the fixtures of text and images.</summary>
internal static class Fixture
{
    public static JsonElement Json(string relative) => JsonDocument.Parse(File.ReadAllBytes(TestData.Find(relative))).RootElement;

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static int[] Ints(this JsonElement element) => [.. element.EnumerateArray().Select(e => e.GetInt32())];

    public static int[][] Ranges(this JsonElement element) => [.. element.EnumerateArray().Select(e => e.Ints())];

    /// <summary>A tokenizer of ours, or a real one from the folder of data.</summary>
    public static Tokenizer Tokenizer(string name) => Fovea.Data.Tokenizers.Tokenizer.Load(TestData.Find(name switch
    {
        "llama" => "data/hf_configs/llava-1.5-7b-hf",
        "mistral" => "data/hf_configs/mistral-7b-instruct-v0.3",
        _ => $"fixtures/tokenizers/{name}",
    }));

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
