using System.Text.Json;
using Fovea.Core.Samples;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Targets;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Scoring;

/// <summary>Log-probabilities of the reference's own ids, where no photograph has to be decoded: black, mean and no image; the text-only reference.</summary>
public sealed class EndToEndLogProbsTests
{
    // The fixture's png_nats.
    private const float ToleranceNats = 1e-4f;
    private readonly string _folder = TestData.Find("fixtures/endtoend/llava_v1");
    private readonly JsonElement _case;

    public EndToEndLogProbsTests()
    {
        TorchRuntime.Start(1);
        _case = Read("case.json");
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("black")]
    [InlineData("none")]
    public void Visionless_log_probabilities_equal_the_reference(string proxy)
    {
        using var model = Model();
        var image = Image(proxy);
        var imageToken = model.ImageTokenIds(image.Height, image.Width)[0];
        var samples = _case.GetProperty("samples").EnumerateArray().Where(s => s.TryGetProperty("log_prob", out _)).ToList();
        var expanded = samples.ConvertAll(s =>
        {
            var ids = Ints(s.GetProperty("input_ids"));
            var targets = Ints(s.GetProperty("target_positions"));
            return proxy == "none"
                ? new ExpandedSample([.. ids.Where(i => i != imageToken)], Array.ConvertAll(targets, t => t - ids[..t].Count(i => i == imageToken)), [])
                : new ExpandedSample(ids, targets, [image]);
        });
        Close(samples.ConvertAll(s => Floats(s.GetProperty("log_prob").GetProperty(proxy))), TargetLogProbs.Compute(model, expanded));
    }

    [Fact]
    public void Reference_log_probabilities_equal_the_reference()
    {
        using var model = ModelFolder.Load(Path.Combine(_folder, "reference"));
        var captions = _case.GetProperty("prior").EnumerateArray().ToList();
        var expanded = captions.ConvertAll(c =>
        {
            var ids = Ints(c.GetProperty("target_ids"));
            return new ExpandedSample([1, .. ids], [.. Enumerable.Range(1, ids.Length)], []);
        });
        Close(captions.ConvertAll(c => Floats(c.GetProperty("reference_log_prob"))), TargetLogProbs.Compute(model, expanded));
    }

    private static void Close(List<float[]> expected, float[][] got)
    {
        Assert.Equal(expected.Select(e => e.Length), got.Select(g => g.Length));
        for (var i = 0; i < got.Length; i++)
        {
            for (var t = 0; t < got[i].Length; t++)
            {
                Assert.Equal(expected[i][t], got[i][t], ToleranceNats);
            }
        }
    }

    // Two conversations are longer than the 256 positions that the config states; like Transformers, the decoder goes on beyond them.
    private DecoderModel Model() => ModelFolder.Load(Path.Combine(_folder, "model"));

    private PixelValues Image(string proxy)
    {
        var processor = Read("model/preprocessor_config.json");
        var side = processor.GetProperty("crop_size").GetProperty("height").GetInt32();
        var (mean, std) = (Floats(processor.GetProperty("image_mean")), Floats(processor.GetProperty("image_std")));
        var values = new float[3 * side * side];
        if (proxy == "black")
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = -mean[i / (side * side)] / std[i / (side * side)];
            }
        }

        return new PixelValues(3, side, side, values);
    }

    private JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, name))).RootElement;

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetInt32())];

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetSingle())];
}
