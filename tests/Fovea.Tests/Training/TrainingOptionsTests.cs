using Fovea.Core.Errors;
using Fovea.Torch;
using Fovea.Training.Options;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class TrainingOptionsTests
{
    public TrainingOptionsTests() => TorchRuntime.Start(1);

    public static TheoryData<string, TrainingOptions> Wrong => new()
    {
        { "steps", Small.Options with { Epochs = 1 } },
        { "steps", Small.Options with { Steps = null } },
        { "steps", Small.Options with { Steps = 0 } },
        { "epochs", Small.Options with { Steps = null, Epochs = double.NaN } },
        { "batch_size", Small.Options with { BatchSize = 0 } },
        { "micro_batch_size", Small.Options with { MicroBatchSize = 5 } },
        { "learning_rate", Small.Options with { LearningRate = double.NaN } },
        { "min_lr_ratio", Small.Options with { MinLrRatio = 1.1 } },
        { "warmup_ratio", Small.Options with { WarmupRatio = -0.1 } },
        { "warmup_steps", Small.Options with { WarmupSteps = -1 } },
        { "weight_decay", Small.Options with { WeightDecay = -1 } },
        { "beta1", Small.Options with { Beta1 = 1 } },
        { "beta2", Small.Options with { Beta2 = -0.5 } },
        { "eps", Small.Options with { Eps = 0 } },
        { "clip_norm", Small.Options with { ClipNorm = 0 } },
        { "max_length", Small.Options with { MaxLength = 1 } },
        { "checkpoint_every", Small.Options with { CheckpointEvery = 0 } },
        { "keep_checkpoints", Small.Options with { KeepCheckpoints = 0 } },
        { "log_every", Small.Options with { LogEvery = 0 } },
        { "trainable", Small.Options with { Trainable = [] } },
        { "bucket_window", Small.Options with { BucketWindow = 0 } },
        { "learning_rate_scales.x", Small.Options with { LearningRateScales = new Dictionary<string, double> { ["x"] = -1 } } },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void A_bad_value_is_one_line_that_names_its_key(string key, TrainingOptions options)
    {
        var message = Assert.Throws<FoveaException>(options.Validate).Message;
        Assert.StartsWith($"training.{key}: expected ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Good_options_pass() => Small.Options.Validate();

    [Fact]
    public void Prefixes_choose_what_is_trained_and_how_fast()
    {
        using var model = Small.Llava();
        var rule = new ParameterRule(
            Small.Options with { Frozen = ["model.vision_tower"], LearningRateScales = new Dictionary<string, double> { ["*"] = 0.5, ["lm_head"] = 2 } },
                [.. model.Parameters.Names]);
        Assert.All(model.Parameters.Names, n => Assert.Equal(!n.StartsWith("model.vision_tower.", StringComparison.Ordinal), rule.Trains(n)));
        Assert.Equal((2, 0.5), (rule.LearningRateScale("lm_head.weight"), rule.LearningRateScale("model.language_model.norm.weight")));
    }

    [Theory]
    [InlineData("model.language_model.layers.")]
    [InlineData("model.language_model.layers.1")]
    public void A_prefix_ends_at_a_dot(string prefix)
    {
        using var model = Small.Llava();
        var rule = new ParameterRule(Small.Options with { Trainable = [prefix] }, [.. model.Parameters.Names]);
        Assert.True(rule.Trains("model.language_model.layers.1.input_layernorm.weight"));
        Assert.False(rule.Trains("model.language_model.layers10.weight"));
    }

    [Theory]
    [InlineData("tower", "model.vision_tower.")]
    [InlineData("projector", "model.multi_modal_projector.")]
    public void A_part_is_named_alike_in_every_family(string part, string prefix)
    {
        using var model = Small.Llava();
        string[] names = [.. model.Parameters.Names];
        var frozen = new ParameterRule(Small.Options with { Frozen = [part] }, names);
        var alone = new ParameterRule(Small.Options with { Trainable = [part] }, names);
        Assert.All(names, n => Assert.Equal(n.StartsWith(prefix, StringComparison.Ordinal), alone.Trains(n)));
        Assert.All(names, n => Assert.NotEqual(alone.Trains(n), frozen.Trains(n)));
    }

    [Fact]
    public void A_part_that_the_model_lacks_may_be_frozen_but_not_trained_alone()
    {
        using var model = Small.Text();
        string[] names = [.. model.Parameters.Names];
        var rule = new ParameterRule(Small.Options with { Frozen = ["tower"] }, names);
        Assert.All(names, n => Assert.True(rule.Trains(n)));
        var e = Assert.Throws<FoveaException>(() => new ParameterRule(Small.Options with { Trainable = ["projector", "patch_embedding"] }, names));
        Assert.Equal("training.trainable: this model has no projector and no patch_embedding; it has decoder", e.Message);
    }

    [Fact]
    public void A_prefix_that_fits_nothing_is_an_error()
    {
        using var model = Small.Text();
        var e = Assert.Throws<FoveaException>(() => new ParameterRule(Small.Options with { Frozen = ["model.vision_towr"] }, [.. model.Parameters.Names]));
        Assert.StartsWith("training.frozen: no parameter begins with 'model.vision_towr'", e.Message, StringComparison.Ordinal);
    }
}
