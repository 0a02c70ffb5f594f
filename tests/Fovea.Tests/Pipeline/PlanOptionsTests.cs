using Fovea.Core.Errors;
using Fovea.Pipeline.Plans;
using Fovea.Tests.Architecture;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>All options of a plan are checked before its first stage.</summary>
public sealed class PlanOptionsTests
{
    private static readonly string[] Training =
    [
        "steps=-1", "steps=0", "batch_size=0", "batch_size=-5", "micro_batch_size=0", "micro_batch_size=1000", "learning_rate=0", "learning_rate=-1",
            "min_lr_ratio=2", "warmup_ratio=-0.1",
        "warmup_steps=-1", "decay_ratio=1.5", "weight_decay=-1", "beta1=1", "beta2=-0.5", "eps=0", "clip_norm=0", "ema_decay=1", "max_logits_mib=0",
            "pack_length=5", "max_length=1", "checkpoint_every=0",
        "keep_checkpoints=0", "eval_every=0", "keep_best=true", "log_every=0", "trainable=[]", "bucket_window=0", "learning_rate_scales={\"lm_head\":-1}",
            "epochs=-3", "steps=many", "stpes=3", "temperature=0",
    ];

    private static readonly string[] Sections = ["text_lm", "reference", "align", "pretrain", "tune"];

    private static readonly string[] OfScenes =
    [
        "alpha=-1", "selections.vig-70.p=0", "selections.vig-70.p=-70", "selections.lengths-70.p=101", "measured_at=[0]", "select_by=blur@0", "proxies=[\"blurr\"]", "max_new_tokens=0",
        "scenes.num_train_scenes=0", "scenes.num_text_scenes=-1", "scenes.num_held_out_scenes=0", "scenes.num_dialogue_scenes=-1",
            "scenes.num_conflict_scenes=-1", "world.bias=2",
        "world.noise_rate=-0.1", "world.boilerplate_rate=7", "world.wrong_label_rate=1.01", "world.text_only_record_rate=-1", "world.questions_per_dialogue=0",
    ];

    private static readonly string[] OfPhotographs = ["photographs.num_train=0", "photographs.num_held_out=-1", "sizes.image_size=5", "sizes.patch_size=0",
        "min_word_count=0"];

    public static TheoryData<string, string> Absurd =>
    [
        .. Sections.SelectMany(section => Training.Select(option => new TheoryDataRow<string, string>("demo", $"{section}.{option}"))),
        .. OfScenes.Select(option => new TheoryDataRow<string, string>("demo", option)),
        .. OfPhotographs.Select(option => new TheoryDataRow<string, string>("coco", option)),
    ];

    [Theory]
    [MemberData(nameof(Absurd))]
    public void An_absurd_option_is_refused_in_the_file_that_the_plan_is_in_before_anything_runs(string plan, string option)
    {
        var path = Path.Combine(Repository.Root, "configs", plan + ".jsonc");
        var file = PlanFile.Load(path);
        file.Set([.. plan == "coco" ? ShippedPlans.Places : [], option]);
        var error = Assert.ThrowsAny<FoveaException>(() => Plan.Of(file, "out"));
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        var key = option.Split('=')[0].Split('.')[^1];
        var named = key switch
        {
            "epochs" or "steps" => "training", // one of them is too many
            "select_by" or "proxies" => "proxy",
            "measured_at" => "models_at",
            "num_train" or "num_held_out" => "take_images",
            "image_size" => "patch_size",
            _ when key.StartsWith("num_", StringComparison.Ordinal) => "num_scenes",
            _ => key,
        };
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}

/// <summary>What the plans of <c>configs/</c> must be given where no data are.</summary>
internal static class ShippedPlans
{
    private static string Somewhere => Path.Combine(Repository.Root, "configs");

    /// <summary>Any file and folder: of a corpus, a plan looks only whether it is there.</summary>
    public static string[] Places =>
        [$"photographs.captions={Path.Combine(Somewhere, "demo.jsonc")}", $"photographs.images={Somewhere}",
            $"tokenizer={Path.Combine(Somewhere, "tokenizers", "tiny_llama")}"];

    /// <summary>A shipped plan, its required parameters set.</summary>
    public static Plan Read(string name, params string[] set)
    {
        var file = PlanFile.Load(Path.Combine(Somewhere, name));
        var given = name switch
        {
            "coco.jsonc" => Places,
            "coco-resnet18.jsonc" => [.. Places.Select(p => p.Replace("photographs.", "", StringComparison.Ordinal)), $"resnet18={Path.Combine(Somewhere, name)}"],
            "llava.jsonc" => [$"model={TestData.Find("fixtures/endtoend/llava_v1/model")}", $"data={Path.Combine(Somewhere, "demo.jsonc")}", $"images={Somewhere}"],
            _ => (string[])[],
        };
        file.Set([.. given, .. set]);
        return Plan.Of(file, "out");
    }
}
