using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Data.Tokenizers;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Parameters;
using TorchSharp;

namespace Fovea.Tests.Data;

/// <summary>The reference values of <c>fixtures/text/chat.json</c>.</summary>
internal sealed class ChatFixture
{
    private readonly JsonElement _root = Fixture.Json("fixtures/text/chat.json");

    public ChatFixture() => Conversations =
        _root.GetProperty("conversations").EnumerateArray().Select(c => c.GetProperty("record")).ToDictionary(r => r.Text("id"), Fixture.Sample);

    public IReadOnlyDictionary<string, Sample> Conversations { get; }

    public JsonElement Renderings => _root.GetProperty("renderings");

    public IEnumerable<JsonElement> Cases => _root.GetProperty("cases").EnumerateArray();

    public IEnumerable<JsonElement> Truncations => _root.GetProperty("truncation").EnumerateArray();

    public IEnumerable<JsonProperty> OwnTemplates => _root.GetProperty("own_chat_templates").EnumerateObject();

    public int ImageId(string tokenizer) => _root.GetProperty("tokenizers").GetProperty(tokenizer).GetProperty("image_id").GetInt32();

    /// <summary>A tokenizer with the tokens that the reference added to it.</summary>
    public Tokenizer Tokenizer(string name)
    {
        var spec = _root.GetProperty("tokenizers").GetProperty(name);
        var tokenizer = spec.TryGetProperty("tokenizer_json", out var json)
            ? Fovea.Data.Tokenizers.Tokenizer.Load(Path.GetDirectoryName(Find(json.GetString()!))!)
            : Fovea.Data.Tokenizers.Tokenizer.LoadSentencePiece(Find(spec.Text("sentencepiece")), spec.GetProperty("legacy").GetBoolean());
        foreach (var added in spec.TryGetProperty("added", out var list) ? list.EnumerateArray().ToList() : [])
        {
            tokenizer = tokenizer.WithAdded(added.Text("content"), added.GetProperty("id").GetInt32());
        }

        return tokenizer;
    }

    /// <summary>A model that expands images as the case says, and images of the right sizes for it.</summary>
    public (VisionLanguageModel Model, IReadOnlyList<PixelValues> Images) Expansion(string tokenizerName, Tokenizer tokenizer, string template, int count)
    {
        var size = tokenizerName.StartsWith("tiny", StringComparison.Ordinal) ? "tiny" : "real";
        var grids = template == "solo" ? _root.GetProperty("grids").GetProperty(size).Ranges() : [.. Enumerable.Range(0, count).Select(_ => (int[])[1, 1])];
        var tokens = _root.GetProperty("image_tokens").GetProperty(size).GetInt32();
        var imageId = ImageId(tokenizerName);
        return (new Expander((rows, columns) => template == "solo" ? Grid(tokenizer, rows, columns) : [.. Enumerable.Repeat(imageId, tokens)]),
            [.. grids.Take(count).Select(g => new PixelValues(0, g[0], g[1], []))]);
    }

    private static string Find(string file) => TestData.Find(file.StartsWith("data/", StringComparison.Ordinal) ? file : "fixtures/" + file);

    private static int[] Grid(Tokenizer tokenizer, int rows, int columns)
    {
        int Id(string token) => tokenizer.IdOf(token)!.Value;
        var body = Enumerable.Range(0, rows).SelectMany(r => Enumerable.Repeat(Id("<vpatch>"), columns).Prepend(Id("<vrow_sep>")).Skip(r == 0 ? 1 : 0));
        return [Id("<vision>"), .. body, Id("</vision>")];
    }

    private sealed class Expander(Func<int, int, int[]> tokens) : VisionLanguageModel
    {
        public override string Family => "none";

        public override bool SeesImages => true;

        public override ParameterSet Parameters { get; } = new();

        public override int VocabSize => int.MaxValue;

        public override int MaxLength => int.MaxValue;

        public override int[] ImageTokenIds(int height, int width) => tokens(height, width);

        public override torch.Tensor Embed(torch.Tensor inputIds, torch.Tensor? pixelValues) => throw new NotSupportedException();

        public override torch.Tensor? PackPixels(IReadOnlyList<PixelValues> images) => throw new NotSupportedException();

        public override torch.Tensor Logits(ModelBatch batch) => throw new NotSupportedException();
    }
}
