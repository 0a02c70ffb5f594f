using Fovea.Models.Decoders;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>The held-out loss is the loss of a step, whatever the types of the products.</summary>
public sealed class HeldOutLossTests
{
    public HeldOutLossTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(384, true)] // bfloat16 with gradients written out
    [InlineData(32, true)] // bfloat16 through autograd: projections this small are joined
    [InlineData(384, false)]
    public void Of_the_samples_of_a_step_it_is_the_steps_loss(int hiddenSize, bool low)
    {
        var sizes = new PresetSizes { HiddenSize = hiddenSize, NumLayers = 2, NumHeads = Math.Max(2, hiddenSize / 64), IntermediateSize = 2 * hiddenSize, MaxPositions = 64 };
        using var model = ModelPresets.Create("tiny-text-2", new PresetVocabulary(Small.Vocab, 1, 2, 0), 1, sizes);
        model.Policy = low ? MatmulPolicy.BF16 : MatmulPolicy.F32;
        Assert.Equal(low && hiddenSize > 300, model.Decoder.IsMixed);
        model.Parameters.SetTrainable(_ => true);
        var set = TrainingSet.Unweighted(Small.Samples(6));
        var preparer = new SamplePreparer(model, null, null, set.Normalization);
        var layout = new StepLayout(3, MaxLogitBytes: 7 * Small.Vocab * sizeof(float));
        var held = new HeldOutLoss(model, set, preparer, p => p.Sample, layout);
        var before = held.Compute()!.Value;
        Assert.Equal(before, held.Compute());
        using var optimizer = new AdamW(model.Parameters, new AdamWSettings());
        var step = new TrainStep(model, optimizer, layout, null).Run([.. set.Examples.Select(e => preparer.Prepare(e, out _)!)], 0.01);
        Assert.Equal(step.Loss!.Value, before, 2e-6);
        Assert.True(held.Compute() < before - 0.01, "an update lowers the loss of what it was made on");
    }
}
