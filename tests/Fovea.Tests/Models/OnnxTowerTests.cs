using Fovea.Core.Errors;
using Fovea.Models.Vision;
using Fovea.Tests.Training;
using Fovea.Torch;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>A tower that an ONNX runtime computes: its features, what it keeps, and what files it refuses.</summary>
public sealed class OnnxTowerTests : IDisposable
{
    private const int FeatureBytes = OnnxBytes.Grid * OnnxBytes.Grid * OnnxBytes.Channels * sizeof(float);
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public OnnxTowerTests() => TorchRuntime.Start(1);

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private string Write(byte[]? model = null)
    {
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllBytes(_folder["tower.onnx"], model ?? OnnxBytes.Model());
        return _folder["tower.onnx"];
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Features_are_those_of_the_same_convolution_in_torch(bool blueFirst, bool rows)
    {
        using var tower = OnnxTower.New(Write(OnnxBytes.Model(rows ? null : 1, rows)), rows ? null : "features", null, blueFirst);
        Assert.Equal((OnnxBytes.Side, OnnxBytes.Grid, OnnxBytes.Channels, 16), (tower.Config.ImageSize, tower.Config.Grid, tower.Config.HiddenSize, tower.Config.NumTokens));
        var pixels = randn([3, 3, OnnxBytes.Side, OnnxBytes.Side], generator: new Generator(1));
        var expected = nn.functional.conv2d(blueFirst ? pixels.flip(1) : pixels, tensor(OnnxBytes.Kernel, [OnnxBytes.Channels, 3, 3, 3]),
            tensor(OnnxBytes.Bias), strides: [2, 2]).relu().flatten(2).transpose(1, 2);
        var found = tower.Forward(pixels);
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange((expected - found).abs().max().item<float>(), 0, 1e-5f);
        Assert.True(expected.abs().max().item<float>() > 1);
        Assert.False(found.requires_grad);
    }

    [Fact]
    public void An_image_has_the_same_features_bit_for_bit_alone_in_a_batch_and_from_memory()
    {
        using var tower = OnnxTower.New(Write(OnnxBytes.Model(images: null)), "features", null, false);
        using var again = OnnxTower.New(Write(OnnxBytes.Model(images: null)), "features", null, false);
        var pixels = randn([4, 3, OnnxBytes.Side, OnnxBytes.Side], generator: new Generator(2));
        var all = tower.Forward(pixels);
        Assert.Equal(4, tower.Kept);
        Assert.True(all.Equals(tower.Forward(pixels)));
        Assert.Equal(4, tower.Kept);
        Assert.True(all[2].Equals(again.Forward(pixels.narrow(0, 2, 1))[0]));
    }

    [Fact]
    public void Memory_keeps_what_was_used_last_within_its_bytes()
    {
        var memory = new FeatureMemory(2 * FeatureBytes);
        var computed = new List<string>();
        float[] Get(string key) => memory.Get(key, () =>
        {
            computed.Add(key);
            return new float[FeatureBytes / sizeof(float)];
        });
        foreach (var key in new[] { "a", "b", "a", "c", "a", "b" })
        {
            Get(key);
        }

        Assert.Equal(["a", "b", "c", "b"], computed);
        Assert.Equal(2, memory.Count);
    }

    [Theory]
    [InlineData("missing", "not found; expected an ONNX file")]
    [InlineData("junk", "not an ONNX model with a graph")]
    [InlineData("cut", "not an ONNX model with a graph")]
    [InlineData("empty", "not an ONNX model with a graph")]
    [InlineData("elsewhere", "keeps weights in other files, which are not followed")]
    [InlineData("beside", "keeps weights in other files, which are not followed")]
    [InlineData("unknown output", "no tensor 'featurs' (did you mean 'features'?); the graph gives pooled, and the last that its nodes compute are conv, features, pooled")]
    [InlineData("no square", "expected features of a square of places")]
    [InlineData("other size", "reads images of 9 x 9 pixels; expected 10 x 10")]
    [InlineData("two images", "expected one input of float32 images, [1, 3, height, width]")]
    public void A_file_that_is_no_tower_is_refused_in_one_line_that_says_why(string wrong, string message)
    {
        var path = Write(wrong switch
        {
            "junk" => [.. Enumerable.Range(0, 400).Select(i => (byte)(i * 37))],
            "cut" => OnnxBytes.Model()[..300],
            "empty" => [],
            "elsewhere" => OnnxBytes.Model(elsewhere: "../../secret"),
            "beside" => OnnxBytes.Model(elsewhere: "weights.bin"),
            "two images" => OnnxBytes.Model(images: 2),
            "no square" => OnnxBytes.Model(rows: true),
            _ => OnnxBytes.Model(),
        });
        if (wrong == "missing")
        {
            File.Delete(path);
        }

        var error = Assert.Throws<InvalidInputException>(() => OnnxTower.New(path, wrong switch
        {
            "unknown output" => "featurs",
            "no square" => "flat",
            _ => "features",
        }, wrong == "other size" ? 10 : null, false));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_or_damaged_file_never_ends_otherwise_than_in_one_line()
    {
        var whole = OnnxBytes.Model();
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var bytes = i % 2 == 0 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            if (i % 2 == 1)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                OnnxTower.New(Write(bytes), "features", OnnxBytes.Side, false).Dispose();
            }
            catch (InvalidInputException)
            {
            }
        }
    }
}
