using System.Text.Json.Nodes;
using Fovea.Data.Images;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>What goes out beside a trained model.</summary>
public sealed class ModelCompanionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Side_files_of_the_model_it_came_from_stay_and_pickles_and_weights_do_not()
    {
        string[] kept = ["generation_config.json", "processor_config.json", "preprocessor_config.json", "LICENSE", "tokenizer_config.json",
            "chat_template.jinja"];
        string[] left = ["pytorch_model.bin", "optimizer.pt", "model.safetensors", "training_args.bin", "script.py"];
        var source = Directory.CreateDirectory(_folder.File("source")).FullName;
        foreach (var file in kept.Concat(left))
        {
            File.WriteAllText(Path.Combine(source, file), "{\"of\": \"" + file + "\"}");
        }

        var target = Directory.CreateDirectory(_folder.File("target")).FullName;
        new ModelCompanions(source, source, ImageProcessorConfig.Clip(56), null).Write(target);
        Assert.Equal(kept.Order(StringComparer.Ordinal), Directory.EnumerateFiles(target).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.All(kept, f => Assert.Equal(File.ReadAllText(Path.Combine(source, f)), File.ReadAllText(Path.Combine(target, f))));
    }

    [Fact]
    public void A_source_without_a_processor_file_gets_one_that_reads_back()
    {
        var source = Directory.CreateDirectory(_folder.File("source")).FullName;
        var target = Directory.CreateDirectory(_folder.File("target")).FullName;
        new ModelCompanions(source, source, ImageProcessorConfig.Clip(56), null).Write(target);
        Assert.Equal(ImageProcessorConfig.Clip(56).ToJson(), ImageProcessorConfig.Load(Path.Combine(target, "preprocessor_config.json")).ToJson());
    }

    [Fact]
    public void Padding_is_said_in_the_words_of_Transformers_and_reads_back_the_same()
    {
        var json = JsonNode.Parse(ImageProcessorConfig.Clip(336).ToJson())!;
        Assert.Equal("LlavaImageProcessor", (string)json["image_processor_type"]!);
        Assert.True((bool)json["do_pad"]!);
        Assert.Null(json["image_aspect_ratio"]);
        Assert.Equal("CLIPImageProcessor", (string)JsonNode.Parse(ImageProcessorConfig.Clip(336, padToSquare: false).ToJson())!["image_processor_type"]!);
        foreach (var config in new[] { ImageProcessorConfig.Clip(336), ImageProcessorConfig.Clip(336, padToSquare: false), ImageProcessorConfig.Solo(14, 98) })
        {
            var file = _folder.File("preprocessor_config.json");
            File.WriteAllText(file, config.ToJson());
            var read = ImageProcessorConfig.Load(file);
            Assert.Equal((config.PadToSquare, config.ToJson()), (read.PadToSquare, read.ToJson()));
        }
    }
}
