using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Data.Scenes;
using Fovea.Models.Initialisation;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Architecture;
using Fovea.Training.Options;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>All options of a plan are checked before its first stage.</summary>
public sealed class PlanOptionsTests
{
    private static readonly string[] Training =
    [
        "steps=-1", "steps=0", "batch_size=0", "batch_size=-5", "micro_batch_size=0", "micro_batch_size=1000", "learning_rate=0", "learning_rate=-1", "min_lr_ratio=2", "warmup_ratio=-0.1",
        "warmup_steps=-1", "decay_ratio=1.5", "weight_decay=-1", "beta1=1", "beta2=-0.5", "eps=0", "clip_norm=0", "ema_decay=1", "max_logits_mib=0", "pack_length=5", "max_length=1", "checkpoint_every=0",
        "keep_checkpoints=0", "eval_every=0", "keep_best=true", "log_every=0", "trainable=[]", "bucket_window=0", "learning_rate_scales={\"lm_head\":-1}", "epochs=-3",
    ];

    private static readonly string[] Sections = ["text_lm", "reference", "pretrain", "tune"];

    private static readonly string[] OfScenes =
    [
        "prior.alpha=-1", "prior.folds=-2", "vig.p=0", "vig.p=-70", "vig.p=101", "vig.select_by=blur@0", "vig.proxies=[\"blurr\"]", "max_new_tokens=0", "num_threads=0", "num_workers=-1",
        "scenes.num_train_scenes=0", "scenes.num_text_scenes=-1", "scenes.num_held_out_scenes=0", "scenes.num_dialogue_scenes=-1", "scenes.num_conflict_scenes=-1", "scenes.bias=2",
        "scenes.noise_rate=-0.1", "scenes.boilerplate_rate=7", "scenes.wrong_label_rate=1.01", "scenes.text_only_record_rate=-1", "scenes.questions_per_dialogue=0",
    ];

    private static readonly string[] OfPhotographs = ["photographs.num_train=0", "photographs.num_held_out=-1", "photographs.image_size=5", "photographs.patch_size=0", "photographs.min_word_count=0"];

    public static TheoryData<string, string> Absurd =>
    [
        .. Sections.SelectMany(section => Training.Select(option => new TheoryDataRow<string, string>("demo", $"{section}.{option}"))),
        .. OfScenes.Select(option => new TheoryDataRow<string, string>("demo", option)),
        .. OfPhotographs.Select(option => new TheoryDataRow<string, string>("coco", option)),
    ];

    [Theory]
    [MemberData(nameof(Absurd))]
    public void An_absurd_option_is_refused_by_its_key_before_anything_runs(string config, string option)
    {
        var path = Path.Combine(Repository.Root, "configs", config + ".jsonc");
        var run = ConfigBinder.Load<RunConfig>(path, [option]);
        var error = Assert.ThrowsAny<FoveaException>(() => run.Validate(path));
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        var key = option.Split('=')[0];
        var named = key switch
        {
            _ when key.EndsWith("epochs", StringComparison.Ordinal) || option == "tune.steps=-1" || option == "tune.steps=0" => key.Split('.')[0] + ".", // of steps and epochs one is too many
            _ when key.StartsWith("vig.s", StringComparison.Ordinal) || key == "vig.proxies" => "proxy ",
            "photographs.patch_size" => "photographs.",
            _ => key,
        };
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_that_cannot_run_is_refused_when_it_is_planned()
    {
        var plan = new PlanBuilder("out");
        var train = new TrainStage { Preset = new PresetChoice { Name = "tiny-text-2" }, Tokenizer = "t", Data = [], Training = new TrainingOptions { Steps = 1 } };
        plan.Add("fine", train, 1);
        foreach (var wrong in new IStage[]
        {
            train with { Training = new TrainingOptions { Steps = -1 } },
            train with { Preset = new PresetChoice { Name = "tiny-txet" } },
            train with { Preset = new PresetChoice { Name = "tiny-text-2", Sizes = new PresetSizes { NumLayers = -1 } } },
            train with { Preset = new PresetChoice { Name = "tiny-text-2", Sizes = new PresetSizes { NumLayers = 1 << 22 } } },
            train with { Preset = new PresetChoice { Name = "tiny-text-2", Sizes = new PresetSizes { NumHeads = 7 } } },
            train with { Preset = new PresetChoice { Name = "tiny-llava", Sizes = new PresetSizes { PatchSize = 31 } } },
            train with { Preset = new PresetChoice { Name = "tiny-text-2", Sizes = new PresetSizes { HiddenSize = int.MaxValue } } },
            train with { Preset = new PresetChoice { Name = "tiny-text-2", Sizes = new PresetSizes { InitializerRange = double.NaN } } },
            train with { Model = "m" },
            train with { Folds = "f" },
            new ScenesStage { Spec = new SceneSpec { NumScenes = 1, Bias = 3 } },
        })
        {
            Assert.StartsWith("second: ", Assert.ThrowsAny<FoveaException>(() => plan.Add("second", wrong, 1)).Message, StringComparison.Ordinal);
        }

        Assert.Equal("fine", Assert.Single(plan.Stages).Name);
    }
}
