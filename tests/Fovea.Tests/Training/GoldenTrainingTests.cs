using Fovea.Torch;
using Fovea.Training.Reference;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>Ten steps against PyTorch and Transformers. Tolerances are the fixtures' own: ten times the distance of float32 from float64.</summary>
public sealed class GoldenTrainingTests
{
    public GoldenTrainingTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData("reference_lm", 4)]
    [InlineData("reference_lm", 1)]
    [InlineData("reference_lm_tied", 4)]
    [InlineData("align_ntp", 4)]
    [InlineData("pretrain_prior", 4)]
    [InlineData("tune_ntp", 4)]
    [InlineData("tune_vig", 4)]
    [InlineData("tune_vig", 2)]
    [InlineData("tune_vig_siglip", 4)]
    [InlineData("lora_decoder", 4)]
    [InlineData("lora_vig", 4)]
    [InlineData("lora_vig", 1)]
    public void Ten_steps_give_the_reference_losses_norms_rates_and_parameters(string name, int microBatchSize) =>
        AssertHolds(ReferenceTraining.Run(TestData.Find("fixtures/training/" + name), microBatchSize));

    [Theory]
    [InlineData("reference_lm", 64)]
    [InlineData("pretrain_prior", 50)]
    [InlineData("lora_vig", 60)]
    [InlineData("tune_vig_siglip", 1000)]
    public void Packed_rows_give_the_reference_too(string name, int packLength) =>
        AssertHolds(ReferenceTraining.Run(TestData.Find("fixtures/training/" + name), packLength: packLength));

    private static void AssertHolds(IReadOnlyList<ReferenceCheck> checks)
    {
        Assert.True(checks.Count > 40, $"{checks.Count} comparisons");
        Assert.All(checks, c => Assert.True(c.Holds, c.ToString()));
    }
}
