using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Models;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>A model with a tower from an ONNX file, from the preset to what is scored with it.</summary>
public sealed class OnnxTowerPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OnnxTowerPlanTests()
    {
        TorchRuntime.Start(1);
        File.WriteAllBytes(_folder["small.onnx"], OnnxBytes.Model());
        SceneCorpusWriter.Write(new SceneSpec { Seed = 9, NumScenes = 4 }, _folder["scenes"], new SilentProgress());
        SceneTokenizer.Write(_folder["tokenizer"]);
    }

    public void Dispose() => _folder.Dispose();

    private TrainStage Preset => new()
    {
        Preset = new PresetChoice
        {
            Name = "tiny-llava",
            Tower = new PresetTower { Onnx = _folder["small.onnx"], Output = "features", ChannelOrder = "bgr", ImageMean = [0.4, 0.5, 0.6], ImageStd = [0.5, 1, 2] },
        },
        Tokenizer = _folder["tokenizer"],
        Data = [new DataSource { File = Path.Combine(_folder["scenes"], SceneWorld.CaptionsFile) }],
        Training = new TrainingOptions { Steps = 2, BatchSize = 2, Frozen = ["tower"], Seed = 1 },
    };

    private string Train(string name, TrainStage? stage = null)
    {
        StageRunner.Run(stage ?? Preset, Context(name), Existing.Continue);
        return Path.Combine(_folder[name], "model");
    }

    private StageContext Context(string name) => new(_folder[name], 1, new SilentProgress(), TestContext.Current.CancellationToken);

    private static void Edit(string model, string key, JsonNode? value)
    {
        var file = Path.Combine(model, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!;
        config["vision_config"]![key] = value;
        File.WriteAllText(file, config.ToJsonString());
    }

    [Fact]
    public void A_trained_model_carries_its_tower_and_how_images_are_prepared_for_it()
    {
        var model = Train("run");
        File.Delete(_folder["small.onnx"]);
        Assert.Equal(OnnxBytes.Model(), File.ReadAllBytes(Path.Combine(model, "tower.onnx")));
        var processor = ImageProcessorConfig.Load(model);
        Assert.Equal([0.4, 0.5, 0.6], processor.Mean);
        Assert.Equal([0.5, 1, 2], processor.Std);
        Assert.Equal((OnnxBytes.Side, OnnxBytes.Side), processor.Crop);

        using var loaded = (LlavaModel)ModelFolder.Load(model);
        Assert.Equal(16, loaded.Config.TokensPerImage);
        Assert.DoesNotContain(loaded.Parameters.Names, n => ParameterPart.Of(n) == ParameterPart.Tower);
        ModelFolder.Save(loaded, _folder["copy"]);
        using var again = (LlavaModel)ModelFolder.Load(_folder["copy"]);
        using var scope = torch.NewDisposeScope();
        var pixels = torch.randn([2, 3, OnnxBytes.Side, OnnxBytes.Side], generator: new torch.Generator(4));
        Assert.True(loaded.ImageFeatures(pixels).Equals(again.ImageFeatures(pixels)));

        var found = ModelInspection.Read(model);
        Assert.Equal(("onnx", OnnxBytes.Side, 16, 2), (found.Tower, found.ImageSize, found.TokensPerImage, found.Files));
        Assert.Empty(found.Problems);
    }

    [Fact]
    public void Features_kept_on_disk_and_a_run_that_goes_on_change_no_weight()
    {
        var plain = Train("plain");
        var kept = Train("kept", Preset with { Training = Preset.Training with { CacheFeatures = true } });
        Assert.Equal(File.ReadAllBytes(Path.Combine(plain, "model.safetensors")), File.ReadAllBytes(Path.Combine(kept, "model.safetensors")));
        Assert.Equal(4, Directory.EnumerateFiles(Path.Combine(_folder["kept"], "features"), "*", SearchOption.AllDirectories).Count());

        var longer = Preset.Training with { Steps = 4, CheckpointEvery = 2, Schedule = ScheduleKind.Constant };
        var straight = Train("straight", Preset with { Training = longer });
        Train("resumed", Preset with { Training = longer with { Steps = 2 } });
        var resumed = Train("resumed", Preset with { Training = longer });
        Assert.Equal(File.ReadAllBytes(Path.Combine(straight, "model.safetensors")), File.ReadAllBytes(Path.Combine(resumed, "model.safetensors")));
    }

    [Fact]
    public void A_tower_is_part_of_what_a_model_and_a_run_are()
    {
        var model = Train("run");
        var before = ModelParts.Hash(model, new InputHasher()).ToDictionary();
        File.WriteAllBytes(Path.Combine(model, "tower.onnx"), OnnxBytes.Model(images: null));
        var after = ModelParts.Hash(model, new InputHasher()).ToDictionary();
        Assert.NotEqual(before["weights"], after["weights"]);
        Assert.Contains("its SHA-256 is", Assert.Throws<InvalidInputException>(() => ModelFolder.Load(model)).Message, StringComparison.Ordinal);

        var hash = Preset.HashInputs(new InputHasher())["tower"];
        File.WriteAllBytes(_folder["small.onnx"], OnnxBytes.Model(images: null));
        Assert.NotEqual(hash, Preset.HashInputs(new InputHasher())["tower"]);
    }

    [Theory]
    [InlineData("file", "../small.onnx", "leads out of the model's folder")]
    [InlineData("file", "other.onnx", "not found; config.json's vision_config.file names it")]
    [InlineData("output", "featurs", "no tensor 'featurs' (did you mean 'features'?)")]
    [InlineData("channel_order", "gbr", "expected one of rgb, bgr")]
    [InlineData("sha256", null, "vision_config.sha256: missing")]
    [InlineData("custom_ops", "ops.so", "custom_ops")]
    public void A_configuration_that_does_not_fit_the_file_is_refused_in_one_line(string key, string? value, string message)
    {
        var model = Train("run");
        Edit(model, key, value);
        Assert.Contains(message, Assert.Throws<InvalidInputException>(() => ModelFolder.Load(model)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grid", 2, "features is 4 x 4 places of 6; config.json's vision_config says 2 x 2 of 6")]
    [InlineData("image_size", 18, "reads images of 9 x 9 pixels; expected 18 x 18")]
    public void A_configuration_of_another_shape_is_refused_in_one_line(string key, int value, string message)
    {
        var model = Train("run");
        Edit(model, key, value);
        Assert.Contains(message, Assert.Throws<InvalidInputException>(() => ModelFolder.Load(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tower_from_a_file_is_never_trained()
    {
        string Message(TrainStage stage) => Assert.ThrowsAny<FoveaException>(() => Train("run", stage)).Message;
        Assert.Contains("the vision tower is the ONNX file tower.onnx, which is never trained", Message(Preset with { Training = Preset.Training with { Trainable = ["tower", "projector"], Frozen = [] } }), StringComparison.Ordinal);
        Assert.Contains("the vision tower is the ONNX file tower.onnx, which is never trained", Message(Preset with { Training = Preset.Training with { Objective = ObjectiveKind.Contrastive } }), StringComparison.Ordinal);
        Assert.Contains("preset.tower: the preset tiny-solo has no vision tower",
            Message(Preset with { Preset = Preset.Preset! with { Name = "tiny-solo" } }), StringComparison.Ordinal);
        Assert.ThrowsAny<FoveaException>(() => Train("run", Preset with { Lora = new LoraChoice { TargetPattern = ".*vision_tower.*" } }));
    }

    [Fact]
    public void Scores_evaluations_and_adapters_work_with_it()
    {
        var model = Train("run");
        var data = Preset.Data;
        StageRunner.Run(new ScoreVigStage { Model = model, Data = data, Proxies = ["blur", "none"] }, Context("vig"), Existing.Refuse);
        var eval = StageRunner.Run(new EvalPhotographsStage { Model = model, HeldOut = data }, Context("eval"), Existing.Refuse).Result!;
        Assert.True((double)eval["nll/image"]! > 0);
        var adapted = Train("adapted", Preset with { Preset = null, Model = model, Tokenizer = null, Lora = new LoraChoice() });
        Assert.True(File.Exists(Path.Combine(adapted, "tower.onnx")));
    }
}
