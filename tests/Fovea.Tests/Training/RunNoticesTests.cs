using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Running;
using Fovea.Training.State;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>What a run tells a person says what to do about it.</summary>
public sealed class RunNoticesTests
{
    public RunNoticesTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(10, 4.139, 4.231, "model-best", "held-out loss was lowest after step 10 (4.1390; 4.2310 at the end): model-best/ is that model: use it in "
        + "place of model/")]
    [InlineData(10, 4.139, 4.231, "adapter-best", "held-out loss was lowest after step 10 (4.1390; 4.2310 at the end): adapter-best/ is that model: use it in "
        + "place of adapter/")]
    [InlineData(10, 4.139, 4.231, null, "held-out loss was lowest after step 10 (4.1390; 4.2310 at the end): set training.keep_best=true to keep that model")]
    [InlineData(30, 4.139, 4.139, "model-best", null)] // the last one is the best
    public void The_best_model_is_recommended_where_it_is_not_the_last(long step, double lowest, double last, string? folder, string? line)
    {
        var notices = new RunNotices(_ => { });
        notices.TellBest(new BestCheckpoint(step, lowest), last, 30, folder);
        notices.TellBest(null, last, 30, folder);
        Assert.Equal(line is null ? [] : [line], notices.Lines);
    }

    [Fact]
    public void The_recommendation_is_told_although_a_hundred_lines_were_told_before()
    {
        var notices = new RunNotices(_ => { });
        for (var i = 0; i < 200; i++)
        {
            notices.Add($"line {i}");
        }

        Assert.Equal(100, notices.Lines.Count);
        notices.TellBest(new BestCheckpoint(1, 1), 2, 3, "model-best");
        Assert.Contains("model-best/", notices.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_that_nothing_depends_on_are_not_remarked_on()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(8, images: true);
        var summary = Small.Train(model, TrainingSet.Unweighted(samples), Small.Loader(samples), Small.Options with { Steps = 2 }, folder.Path);
        Assert.DoesNotContain(summary.Notices, n => n.Contains("no gradient", StringComparison.Ordinal));
        var llava = (LlavaModel)model;
        Assert.True(llava.IsUnused("model.vision_tower.vision_model.post_layernorm.weight"));
        Assert.False(llava.IsUnused("model.vision_tower.vision_model.encoder.layers.1.mlp.fc2.weight"));
        Assert.False(llava.IsUnused("lm_head.weight"));
    }

    [Fact]
    public void A_first_batch_without_an_image_is_named_as_the_reason_why_a_tower_gets_no_gradient()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var summary = Small.Train(model, TrainingSet.Unweighted(Small.Samples(8)), null, Small.Options with { Steps = 2 }, folder.Path);
        var line = Assert.Single(summary.Notices, n => n.Contains("no gradient", StringComparison.Ordinal));
        Assert.Contains("if it holds no image", line, StringComparison.Ordinal);
        Assert.Contains("training.frozen", line, StringComparison.Ordinal);
    }
}
