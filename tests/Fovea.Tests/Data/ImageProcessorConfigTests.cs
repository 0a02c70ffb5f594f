using Fovea.Core.Errors;
using Fovea.Data.Images;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>What model folders say about image processors, and what they must not say.</summary>
public sealed class ImageProcessorConfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-processor-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("""{"size": 0}""", "size")]
    [InlineData("""{"size": 10, "resample": 9}""", "resample")]
    [InlineData("""{"size": 10, "image_mean": [1]}""", "image_mean")]
    [InlineData("""{"size": 10, "image_std": [1, 0, 1]}""", "image_std")]
    [InlineData("""{"size": 10, "rescale_factor": 1}""", "rescale_factor")]
    [InlineData("""{"size": 10, "do_rescale": false}""", "do_rescale")]
    [InlineData("""{"size": 10000000000}""", "size")]
    [InlineData("""{"size": {"longest_edge": 980}, "image_processor_type": "Idefics2ImageProcessor", "resample": 2, "image_mean": 0.5, "image_std": 0.5}""",
        "longest_edge")]
    [InlineData("""{"size": {"height": 10}}""", "width")]
    [InlineData("""{"size": 10, "image_aspect_ratio": "anyres"}""", "image_aspect_ratio")]
    [InlineData("""{"size": 10, "image_grid_pinpoints": [[336, 672]]}""", "image_grid_pinpoints")]
    [InlineData("""{"min_pixels": 3136, "image_processor_type": "Qwen2VLImageProcessor"}""", "min_pixels")]
    [InlineData("""{"image_processor_type": "ViTImageProcessor", "size": 224, "resample": 2}""", "image_mean")]
    [InlineData("""{"image_processor_type": "ViTImageProcessor"}""", "size")]
    [InlineData("""{"size": 10, "do_pad": true, "image_mean": [123.7, 116.3, 103.5]}""", "image_mean")]
    public void A_wrong_or_foreign_processor_file_names_the_key(string json, string key)
    {
        Write("preprocessor_config.json", json);
        var error = Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder.FullName));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains("preprocessor_config.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"size": 98}""", 98, null, 224)]
    [InlineData("""{"size": {"shortest_edge": 98, "height": null}, "crop_size": 56}""", 98, null, 56)]
    [InlineData("""{"size": [40, 50], "crop_size": {"height": 30, "width": 30}}""", null, 50, 30)]
    [InlineData("""{"size": {"height": 40, "width": 50}, "do_center_crop": false, "image_mean": 0.5}""", null, 50, null)]
    [InlineData("""{"image_processor_type": "SiglipImageProcessorFast", "size": 60}""", null, 60, null)]
    [InlineData("""{"image_processor_type": "ViTImageProcessor", "size": 60, "resample": 2, "do_normalize": false}""", null, 60, null)]
    [InlineData("""{"do_resize": false, "do_center_crop": false}""", null, null, null)]
    public void Sizes_are_read_in_all_their_spellings(string json, int? shortest, int? width, int? crop)
    {
        Write("preprocessor_config.json", json);
        var config = ImageProcessorConfig.Load(_folder.FullName);
        Assert.Equal((shortest, width, crop), (config.ShortestEdge, config.ResizeTo?.Width, config.Crop?.Width));
    }

    [Fact]
    public void LLaVAs_own_layout_says_it_in_its_config()
    {
        Write("config.json", """{"mm_vision_tower": "openai/clip-vit-large-patch14-336", "image_aspect_ratio": "pad"}""");
        AssertSame(ImageProcessorConfig.Clip(336), ImageProcessorConfig.Load(_folder.FullName));
        Write("config.json", """{"mm_vision_tower": "google/siglip-so400m-patch14-384"}""");
        Assert.Equal((384, 384), ImageProcessorConfig.Load(_folder.FullName).ResizeTo);
        Write("config.json", """{"mm_vision_tower": "tower", "image_aspect_ratio": "pad"}""");
        Write("tower/config.json", """{"model_type": "clip_vision_model", "image_size": 28}""");
        AssertSame(ImageProcessorConfig.Clip(28), ImageProcessorConfig.Load(_folder.FullName));
        Write("config.json", """{"mm_vision_tower": "openai/clip-vit-large-patch14", "image_aspect_ratio": "anyres"}""");
        Assert.Contains("image_aspect_ratio", Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder.FullName)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Prismatics_layout_says_it_in_its_config()
    {
        Write("config.json", """{"model": {"vision_backbone_id": "siglip-vit-so400m-384px", "image_resize_strategy": "resize-naive"}}""");
        var config = ImageProcessorConfig.Load(_folder.FullName);
        Assert.Equal(((int, int)?)(384, 384), config.ResizeTo);
        Assert.Equal([0.5, 0.5, 0.5], config.Mean);
        Write("config.json", """{"model": {"vision_backbone_id": "siglip-vit-so400m-384px", "image_resize_strategy": "letterbox"}}""");
        Assert.True(ImageProcessorConfig.Load(_folder.FullName) is { PadToSquare: true, ShortestEdge: 384, Crop: (384, 384) });
        Write("config.json", """{"model": {"vision_backbone_id": "dinosiglip-vit-so-384px"}}""");
        Assert.Contains("vision_backbone_id", Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder.FullName)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Transformers_5_writes_it_into_the_processors_file()
    {
        Write("processor_config.json",
            """{"processor_class": "LlavaProcessor", "image_processor": {"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 56}, "crop_size": {"height": 56, "width": 56}, "do_pad": null}}""");
        AssertSame(ImageProcessorConfig.Clip(56, padToSquare: false), ImageProcessorConfig.Load(_folder.FullName));
    }

    [Fact]
    public void A_folder_that_says_nothing_is_refused()
    {
        Write("config.json", """{"model_type": "llama"}""");
        Assert.Contains("not found", Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder.FullName)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "vision_config": {} }""", "put it into the folder")]
    [InlineData("""{ "model_type": "llama" }""", "this is a text model")]
    public void Only_a_model_without_a_tower_is_called_a_text_model(string config, string expected)
    {
        Write("config.json", config);
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder.FullName)).Message, StringComparison.Ordinal);
    }

    private static void AssertSame(ImageProcessorConfig expected, ImageProcessorConfig actual) => Assert.Equal(expected.ToJson(), actual.ToJson());

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
