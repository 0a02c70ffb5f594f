using System.Text.Json.Nodes;
using Fovea.Pipeline.Workers;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class PlanEstimateTests
{
    private static readonly StageSpec Data = Of("data/train", "scenes", 1), Text = Of("lm/h", "train", 10, text: true), Pretrain = Of("pretrain/h", "train",
        20), Prior = Of("pretrain/p", "train", 20);

    private static StageSpec Of(string name, string kind, double work, bool text = false) =>
        new("seed-1/" + name, kind, text ? new JsonObject { ["view"] = "text_only" } : [], [], work);

    [Fact]
    public void Small_work_says_nothing_of_the_long_work_behind_it()
    {
        var estimate = new PlanEstimate([Data, Text, Pretrain, Prior]);
        Assert.Equal("ETA after the first train stage", estimate.InWords(0));
        estimate.Done(Data, 12, worked: true);
        estimate.Done(Text, 30, worked: true);
        Assert.Equal("ETA after the first train stage", estimate.InWords(42));
    }

    [Fact]
    public void Work_of_the_same_kind_is_scaled_by_its_work()
    {
        var estimate = new PlanEstimate([Data, Text, Pretrain, Prior]);
        estimate.Done(Data, 1, worked: true);
        estimate.Done(Text, 30, worked: true);
        estimate.Progressed(Pretrain, 40, 0.5);
        Assert.Equal(40 + 80, estimate.Remaining(71).Seconds!.Value, 6);
        estimate.Done(Pretrain, 80, worked: true);
        Assert.Equal(80, estimate.Remaining(111).Seconds!.Value, 6);
    }

    [Fact]
    public void Tuning_goes_by_pre_training()
    {
        var estimate = new PlanEstimate([Pretrain, Of("tune/both", "train", 5)]);
        estimate.Done(Pretrain, 80, worked: true);
        Assert.Equal(20, estimate.Remaining(80).Seconds!.Value, 6);
    }

    [Fact]
    public void Stages_side_by_side_share_the_time()
    {
        var estimate = new PlanEstimate([Pretrain, Prior, Text, Of("pretrain/x", "train", 20)]);
        estimate.Done(Pretrain, 100, worked: true);
        estimate.Done(Prior, 100, worked: true);
        estimate.Done(Text, 20, worked: true);
        Assert.Equal(100 / 2.0, estimate.Remaining(110).Seconds!.Value, 6);
    }

    [Fact]
    public void A_stage_that_was_complete_before_measures_nothing()
    {
        var estimate = new PlanEstimate([Pretrain, Prior]);
        estimate.Done(Pretrain, 0.01, worked: false);
        Assert.Equal((null, "train"), estimate.Remaining(1));
    }
}
