using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Models;

/// <summary>
/// Ids of Hugging Face Transformers, greedy and with three beams, for every case there is; ids are exact, scores within the fixtures' tolerance.
/// </summary>
public sealed class GenerationGoldenTests
{
    private const int End = 2;

    public GenerationGoldenTests() => TorchRuntime.Start(1);

    public static TheoryData<string> Decoders => Cases("decoder");

    public static TheoryData<string> Llavas => Cases("llava");

    public static TheoryData<string> Pooled => Cases("openqwen2vl");

    [Theory]
    [MemberData(nameof(Decoders))]
    public void A_decoder_gives_the_ids_of_the_reference(string name)
    {
        using var golden = new Golden("decoder/" + name);
        using var model = ModelFolder.Load(golden.Folder);
        AssertGreedyAndBeams(golden, model, DecoderParityTests.Rows(golden["generate.input_ids"], golden["generate.attention_mask"]), 12);
    }

    [Theory]
    [MemberData(nameof(Llavas))]
    public void A_vision_language_model_gives_the_ids_of_the_reference(string name)
    {
        using var golden = new Golden("llava/" + name);
        foreach (var layout in Directory.GetDirectories(golden.Folder))
        {
            using var model = (LlavaModel)ModelFolder.Load(layout, new LoadOptions { ImageTokenId = golden.Case.GetProperty("image_token").GetInt32() });
            AssertGreedyAndBeams(golden, model, [Prompt(golden, model.Config.Vision.ImageSize)], 10);
        }
    }

    [Theory]
    [MemberData(nameof(Pooled))]
    public void Pooled_images_are_read_once_and_stay_in_the_cache(string name)
    {
        using var golden = new Golden("openqwen2vl/" + name);
        using var model = (LlavaModel)ModelFolder.Load(golden.Folder, new LoadOptions { ImageTokenId = golden.Case.GetProperty("image_token").GetInt32() });
        var side = (int)golden["pixel_values"].shape[2];
        var (ids, pixels) = (Golden.Longs(golden["input_ids"]), Golden.Floats(golden["pixel_values"]));
        var (seq, size) = ((int)golden["input_ids"].shape[1], 3 * side * side);
        ExpandedSample[] prompts = [.. Enumerable.Range(0, ids.Length / seq).Select(b => new ExpandedSample(
            [.. ids.AsSpan(b * seq, seq - (2 * b)).ToArray().Select(i => (int)i)], [],
                [new PixelValues(3, side, side, pixels[(b * size)..((b + 1) * size)])]))];
        var options = new GenerationOptions { MaxNewTokens = 12 };
        var cached = TextGenerator.Generate(model, prompts, options, cancel: TestContext.Current.CancellationToken);
        var rerun = TextGenerator.Generate(model, prompts, options with { UseCache = false, BatchSize = 1 }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(rerun.Select(s => s.Ids), cached.Select(s => s.Ids));
    }

    private static void AssertGreedyAndBeams(Golden golden, VisionLanguageModel model, ExpandedSample[] prompts, int maxNewTokens)
    {
        var cancel = TestContext.Current.CancellationToken;
        var expected = UpToEnd(golden, "generate.expected.greedy");
        var beams = UpToEnd(golden, "generate.expected.beam3");
        var scores = Golden.Floats(golden["generate.expected.beam3_score"]);
        var greedy = new GenerationOptions { MaxNewTokens = maxNewTokens, EndIds = [End] };
        foreach (var options in new[] { greedy, greedy with { UseCache = false }, greedy with { BatchSize = 1 } })
        {
            Assert.Equal(expected, TextGenerator.Generate(model, prompts, options, cancel: cancel).Select(WithEnd));
            var found = TextGenerator.Generate(model, prompts, options with { Beams = new BeamOptions { NumBeams = 3 } }, cancel: cancel);
            Assert.Equal(beams, found.Select(WithEnd));
            foreach (var (score, sequence) in scores.Zip(found))
            {
                // A score is a mean of log-probabilities, so it differs by no more than a logit may.
                Assert.Equal(score, sequence.Score!.Value, 3e-5 + (1e-5 * Math.Abs(score)));
            }
        }
    }

    private static ExpandedSample Prompt(Golden golden, int side)
    {
        var pixels = Golden.Floats(golden["pixel_values"]);
        var size = 3 * side * side;
        var numImages = golden.Case.GetProperty("images_per_row")[0].GetInt32();
        PixelValues[] images = [.. Enumerable.Range(0, numImages).Select(i => new PixelValues(3, side, side, pixels[(i * size)..((i + 1) * size)]))];
        return new ExpandedSample(Array.ConvertAll(Golden.Longs(golden["generate.input_ids"]), i => (int)i), [], images);
    }

    private static int[] WithEnd(GeneratedSequence sequence) => sequence.EndId is { } end ? [.. sequence.Ids, end] : sequence.Ids;

    private static int[][] UpToEnd(Golden golden, string name)
    {
        var (ids, width) = (Golden.Longs(golden[name]), (int)golden[name].shape[1]);
        return [.. ids.Chunk(width).Select(row => row.Select(i => (int)i).ToArray())
            .Select(row => Array.IndexOf(row, End) is >= 0 and var end ? row[..(end + 1)] : row)];
    }

    private static TheoryData<string> Cases(string kind) => TestData.TryFind("fixtures/models/" + kind) is { } folder
        ? [.. Directory.GetDirectories(folder).Select(c => Path.GetFileName(c)).Order(StringComparer.Ordinal)]
        : ["none"];
}
