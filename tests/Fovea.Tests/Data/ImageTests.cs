using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Images;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Processors and blur where no reference is needed.</summary>
public sealed class ImageTests
{
    [Theory]
    [MemberData(nameof(Configs))]
    public void A_processor_file_reads_back_as_it_was_written(ImageProcessorConfig config)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, config.ToJson());
        var read = ImageProcessorConfig.Load(file);
        File.Delete(file);
        Assert.Equal(config with { Mean = [], Std = [] }, read with { Mean = [], Std = [] });
        Assert.Equal(config.Mean.Concat(config.Std), read.Mean.Concat(read.Std));
    }

    public static TheoryData<ImageProcessorConfig> Configs => new()
    {
        ImageProcessorConfig.Clip(56),
        ImageProcessorConfig.Clip(336, padToSquare: false),
        ImageProcessorConfig.Solo(8, 64),
        new ImageProcessorConfig { ResizeTo = (84, 56) },
    };

    [Fact]
    public void An_even_colour_stays_under_blur_and_padding_is_the_mean_colour()
    {
        var even = new PixelValues(3, 5, 1, [.. Enumerable.Repeat(0.25f, 15)]);
        Assert.All(GaussianBlur.Apply(even, 10).Values, v => Assert.Equal(0.25f, v, 6));
        var padded = new ImageProcessor(ImageProcessorConfig.Clip(4)).Prepare(new RgbImage(4, 2, new byte[24]));
        Assert.Equal([122, 116, 104], padded.Pixels.Take(3));
        Assert.Equal([0, 0, 0], padded.Pixels.Skip(12).Take(3));
    }

    [Fact]
    public void A_thin_picture_costs_no_more_than_its_crop()
    {
        var thin = new RgbImage(60_000, 1, new byte[180_000]);
        var prepared = new ImageProcessor(ImageProcessorConfig.Clip(336, padToSquare: false)).Prepare(thin);
        Assert.Equal((336, 336), (prepared.Width, prepared.Height));
        Assert.Throws<FoveaException>(() => new ImageProcessor(ImageProcessorConfig.Clip(336)).Prepare(thin));
    }

    [Theory]
    [InlineData("""{"size": 0}""", "size")]
    [InlineData("""{"size": 10, "resample": 9}""", "resample")]
    [InlineData("""{"size": 10, "image_mean": [1]}""", "image_mean")]
    [InlineData("""{"size": 10, "rescale_factor": 1}""", "rescale_factor")]
    [InlineData("""{"size": 10000000000}""", "size")]
    public void A_wrong_processor_file_names_the_key(string json, string key)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, json);
        Assert.Contains(key, Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(file)).Message, StringComparison.Ordinal);
        File.Delete(file);
    }
}
