using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Data.Tokenizers;
using Fovea.Models.Checkpoints;
using Fovea.Models.Initialisation;
using Fovea.Pipeline.Stages;
using Fovea.Scoring;
using Fovea.Scoring.Folds;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Options;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>
/// What holds for every stage: options are checked before anything is read, models keep to the memory there is, and what is left out is counted and listed.
/// </summary>
public sealed class StageRulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public StageRulesTests() => TorchRuntime.Start(1);

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> WrongOptions => ["--count", "--model", "--dtype", "scoring.max_invalid", "proxy", "max_invalid", "training max_invalid",
        "device", "absent device"];

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Options_are_checked_before_anything_is_read_and_no_folder_is_made(string wrong)
    {
        DataSource[] data = [new() { File = _folder["none.json"] }];
        var vig = new ScoreVigStage { Model = _folder["none"], Data = data, Proxies = ["none"] };
        var prior = new ScorePriorStage { Models = [_folder["none"]], Data = data };
        IStage stage = wrong switch
        {
            "--count" => new FoldsStage { Data = data, Count = 1 },
            "--model" => prior with { Models = [_folder["none"], _folder["none"]] },
            "--dtype" => prior with { Dtype = (DType)64 },
            "scoring.max_invalid" => vig with { Scoring = new ScoringOptions { MaxInvalid = -1 } },
            "device" => vig with { Device = "gpu" },
            "absent device" => prior with { Device = "cuda:99" },
            "proxy" => vig with { Proxies = ["purple"] },
            "max_invalid" => new EvalScenesStage { Model = _folder["none"], Scenes = _folder["none"], MaxInvalid = -1 },
            _ => new TrainStage { Model = _folder["none"], Data = data, Training = new TrainingOptions { Steps = 1 }, MaxInvalid = -1 },
        };
        var message = Assert.ThrowsAny<FoveaException>(() => StageRunner.Run(stage, Context(), Existing.Continue)).Message;
        Assert.DoesNotContain("none", message.Replace("none,", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Every_stage_that_loads_a_model_keeps_to_the_memory_there_is()
    {
        Model("model", "tiny-llava");
        Model("deeper", "tiny-text-4"); // than the preset, which alone keeps to the limit
        DataSource[] captions = [new() { File = Path.Combine(_folder["scenes"], SceneWorld.CaptionsFile) }];
        using var preset = ModelPresets.Create("tiny-text-2", PresetVocabularies.Of(Tokenizer.Load(_folder["model"])), 1);
        (IStage, long)[] stages =
        [
            (new EvalScenesStage { Model = _folder["model"], Scenes = _folder["scenes"] }, 1000),
            (new EvalPhotographsStage { Model = _folder["model"], HeldOut = captions }, 1000),
            (new TrainStage
            {
                Preset = new PresetChoice { Name = "tiny-text-2" },
                Tokenizer = _folder["model"],
                DecoderFrom = _folder["deeper"],
                Data = captions,
                View = CorpusView.TextOnly,
                Training = new TrainingOptions { Steps = 1 },
            }, preset.Parameters.NumElements * sizeof(float)),
        ];
        foreach (var (stage, bytes) in stages)
        {
            Assert.Contains("MiB of the test", Assert.Throws<FoveaException>(
                () => stage.Run(Context() with { Memory = new MemoryLimit(bytes, "the test") })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_evaluation_and_a_fold_assignment_say_what_they_left_out()
    {
        Model("model", "tiny-llava");
        var image = Directory.EnumerateFiles(_folder["scenes/images"]).Order(StringComparer.Ordinal).First();
        File.WriteAllText(image, "junk");
        var eval = StageRunner.Run(
            new EvalScenesStage { Model = _folder["model"], Scenes = _folder["scenes"], Captions = false, OnBadSample = OnBadSample.Skip }, Context("eval"),
                Existing.Refuse).Result!;
        var listed = File.ReadLines(Path.Combine(_folder["eval"], InvalidRecords.FileName)).Count();
        Assert.Equal((listed, listed), ((int)eval["invalid_samples"]!, eval["invalid_reasons"]!.AsObject().Sum(r => (int)r.Value!)));
        Assert.True(listed > 0);

        File.WriteAllText(_folder["bad.json"],
            """[{"conversations": []}, {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}, {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "c"}]}]""");
        var folds = StageRunner.Run(new FoldsStage { Data = [new DataSource { File = _folder["bad.json"] }], Count = 2 }, Context("folds"),
            Existing.Refuse).Result!;
        Assert.Equal((1, 1), ((int)folds["invalid"]!, folds["invalid_reasons"]!.AsObject().Sum(r => (int)r.Value!)));
        Assert.Equal(0, (int)JsonNode.Parse(Assert.Single(File.ReadLines(Path.Combine(_folder["folds"], InvalidRecords.FileName))))!["record"]!);
        Assert.Equal(2, FoldsFile.Read(_folder["folds"]).Folds.Count);
    }

    private void Model(string name, string preset)
    {
        if (!Directory.Exists(_folder["scenes"]))
        {
            SceneCorpusWriter.Write(new SceneSpec { Seed = 9, NumScenes = 4 }, _folder["scenes"], new SilentProgress(), TestContext.Current.CancellationToken);
        }

        SceneTokenizer.Write(_folder[name]);
        using var model = ModelPresets.Create(preset, PresetVocabularies.Of(Tokenizer.Load(_folder[name])), 1);
        ModelFolder.Save(model, _folder[name]);
        ModelCompanions.For(model, _folder[name], null, null).Write(_folder[name]);
    }

    private StageContext Context(string name = "out") => new(_folder[name], 1, new SilentProgress(), TestContext.Current.CancellationToken);
}
