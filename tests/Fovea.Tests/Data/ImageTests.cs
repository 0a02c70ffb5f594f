using Fovea.Core.Errors;
using Fovea.Core.Provenance;
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

    /// <summary>Hashes of what Pillow 9.4 gives, whose passes go horizontally first.</summary>
    [Theory]
    [InlineData(ResizeFilter.Nearest, 20, 30, "85777e2c1d839497ef17773b24646c320c0c2c5b566e605f585f7fc037207a1d")]
    [InlineData(ResizeFilter.Nearest, 97, 15, "009d70127ccb136080f8201a5d0f18f8301701e0f11ba58402343c1d80f2ee57")]
    [InlineData(ResizeFilter.Nearest, 150, 160, "bd91b8208821367660dc25a55d9885251d836cdf224a7e6aecf289ee0dd7806d")]
    [InlineData(ResizeFilter.Box, 20, 30, "16347622ae5d79e1e00b164a646086540a8b280ba638c6529ade2d33a45e3a3d")]
    [InlineData(ResizeFilter.Box, 97, 15, "891c3434891d490786dd5cc5913260ddc9f953378801d286854299328e8a0565")]
    [InlineData(ResizeFilter.Hamming, 20, 30, "abd32a9378224294ea77992e1b3d2fe7097fcedc452d3e0b94916d2023bf4568")]
    [InlineData(ResizeFilter.Hamming, 97, 15, "fbd087538bdf554c7bd796b79479259d513d405c89cf9e64266443c751ea7a80")]
    [InlineData(ResizeFilter.Hamming, 150, 160, "1288aad67dc1bc9bf69b1698488ec2b5c2f9df10b627ccdf7752124f224cf1aa")]
    [InlineData(ResizeFilter.Lanczos, 97, 15, "0a253bd382938f0e4198a53b7df0ebf860c8b2786f913a1c41d1b9400793abbc")]
    [InlineData(ResizeFilter.Lanczos, 150, 160, "faee881609f293a5278df2b06723978012d5738734c0465bef93c7b9e8b9b8c8")]
    public void Filters_are_those_of_Pillow_bit_for_bit(ResizeFilter filter, int width, int height, string sha256)
    {
        var picture = new RgbImage(61, 43, [.. Enumerable.Range(0, 61 * 43 * 3).Select(i => (byte)(((long)i * i * 31 + i * 7) % 251))]);
        Assert.Equal(sha256, ContentHash.OfBytes(PillowResize.Resize(picture, width, height, filter).Pixels));
    }

    [Fact]
    public void A_picture_of_extreme_shape_is_resized_in_little_memory_or_refused_in_one_line()
    {
        var tall = new RgbImage(8, 400_000, new byte[8 * 400_000 * 3]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var resized = new ImageProcessor(new ImageProcessorConfig { ResizeTo = (384, 384) }).Prepare(tall);
        Assert.Equal((384, 384), (resized.Width, resized.Height));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32L << 20);
        var thinner = new RgbImage(60_000_000, 1, new byte[180_000_000]);
        Assert.Throws<FoveaException>(() => new ImageProcessor(new ImageProcessorConfig { ResizeTo = (384, 384) }).Prepare(thinner));
    }
}
