using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Pipeline.Stages;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Files of a model's folder that do not belong together are named before anything is computed.</summary>
public sealed class ModelFitTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-fit-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_models_own_files_fit()
    {
        var model = Copy();
        Assert.NotNull(ModelFit.Tokenizer(model));
        Assert.Equal(56, ModelFit.Processor(model).Crop?.Width);
    }

    [Theory]
    [InlineData("tiny_qwen")]
    [InlineData("tiny_mistral")]
    public void Another_models_tokenizer_is_named_with_the_ids_that_differ(string other)
    {
        var model = Copy();
        foreach (var file in Directory.EnumerateFiles(TestData.Find("fixtures/tokenizers/" + other)))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)), overwrite: true);
        }

        var error = Assert.Throws<InvalidInputException>(() => ModelFit.Tokenizer(model));
        Assert.Contains("does not belong to this model", error.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer.json", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_larger_than_the_models_is_named()
    {
        var model = Copy();
        File.Copy(Path.Combine(TestData.Find("data/hf_configs/llava-1.5-7b-hf"), "tokenizer.json"), Path.Combine(model, "tokenizer.json"), overwrite: true);
        File.Delete(Path.Combine(model, "tokenizer_config.json"));
        Assert.Contains("its vocabulary has 32000 ids, but config.json's vocab_size is 600",
            Assert.Throws<InvalidInputException>(() => ModelFit.Tokenizer(model)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(57, "pictures become 57 x 57 pixels, but the tower of config.json sees 56 x 56")]
    [InlineData(4096, "pictures become 4096 x 4096 pixels")]
    [InlineData(16384, "1 to 4096 pixels")]
    public void A_processor_of_another_size_than_the_tower_is_named_from_the_files_alone(int side, string named)
    {
        var model = Copy();
        var file = Path.Combine(model, "preprocessor_config.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        (json["size"], json["crop_size"]) = (new JsonObject { ["shortest_edge"] = side }, new JsonObject { ["height"] = side, ["width"] = side });
        File.WriteAllText(file, json.ToJsonString());
        var error = Assert.Throws<InvalidInputException>(() => ModelFit.Processor(model));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(file, error.File);
    }

    [Fact]
    public void A_picture_too_long_to_be_padded_is_the_fault_of_its_sample()
    {
        var image = Path.Combine(_folder.FullName, "banner.png");
        ImageFile.WritePng(image, new RgbImage(14_000, 1, new byte[42_000]));
        var file = Path.Combine(_folder.FullName, "d.json");
        File.WriteAllText(file,
            """[{"id": "a", "image": "banner.png", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A cup."}]}]""");
        var loader = new ImageLoader(LlavaJsonCorpus.Open(file, _folder.FullName), new ImageProcessor(ImageProcessorConfig.Clip(56)));
        var sample = new TokenizedSample
        {
            Key = new SampleKey("d.json", 0),
            InputIds = [1],
            TargetIndices = [],
            EndTargets = [],
            TargetSpans = [],
            Images = ["banner.png"],
            TextFingerprint = "",
            ContextFingerprint = "",
        };
        var error = Assert.Throws<InvalidInputException>(() => loader.Unit(sample));
        Assert.Equal(("d.json", 0), (error.File, error.Record));
        Assert.Contains("image \"banner.png\": an image of 14000 x 1 pixels is too long to be padded", error.Message, StringComparison.Ordinal);
    }

    private string Copy()
    {
        var model = Path.Combine(_folder.FullName, "model");
        Directory.CreateDirectory(model);
        foreach (var file in Directory.EnumerateFiles(TestData.Find("fixtures/endtoend/llava_v1/model")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
            File.SetAttributes(Path.Combine(model, Path.GetFileName(file)), FileAttributes.Normal);
        }

        return model;
    }
}
