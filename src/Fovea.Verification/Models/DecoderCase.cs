using Fovea.Models.Checkpoints;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>A text-only decoder: hidden states, logits under padding on either side, losses, gradients, generation.</summary>
internal static class DecoderCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        using var model = ModelFolder.Load(fixture.Path) as TextModel ?? throw new ReferenceException("the case's model is no text-only decoder");
        checks.Attempt("hidden", () => HiddenStates(fixture, checks, model));
        foreach (var side in (string[])["right", "left"])
        {
            checks.Measure($"{side}.logits", () => Logits(fixture, model, side));
        }

        checks.Attempt("loss", () => WeightedArms.Run(fixture, checks, model, fixture.Tensor("right.input_ids", 2), null));
        checks.Attempt("generation", () => GenerationChecks.Run(fixture, checks, model,
            GenerationChecks.Prompts(fixture.Tensor("generate.input_ids", 2), fixture.Tensor("generate.attention_mask", 2)), 12));
    }

    private static void HiddenStates(FixtureFolder fixture, CheckList checks, TextModel model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var mask = fixture.Tensor("right.attention_mask", 2);
        var output = model.Decoder.Forward(new DecoderInput
        {
            InputIds = fixture.Tensor("right.input_ids", 2),
            PositionIds = fixture.Tensor("right.position_ids", 2),
            SegmentIds = mask,
            KeepHiddenStates = true,
        });
        for (var i = 0; i < output.HiddenStates!.Count; i++)
        {
            checks.Measure($"hidden.{i}", () => fixture.Tolerance.Compare(output.HiddenStates[i], fixture.Tensor($"right.expected.hidden.{i}", 3), mask));
        }

        if (fixture.Has($"right.expected.hidden.{output.HiddenStates.Count}"))
        {
            checks.Fail("hidden", $"the reference has more than the model's {output.HiddenStates.Count} hidden states");
        }
    }

    private static Difference Logits(FixtureFolder fixture, TextModel model, string side)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (ids, mask) = (fixture.Tensor($"{side}.input_ids", 2), fixture.Tensor($"{side}.attention_mask", 2));
        var output = model.Decoder.Forward(new DecoderInput
        {
            InputIds = ids,
            PositionIds = fixture.Tensor($"{side}.position_ids", 2),
            SegmentIds = mask,
            LogitPositions = TensorNumbers.Range(0, ids.numel()),
        });
        return fixture.Tolerance.Compare(output.Logits!.view(ids.shape[0], ids.shape[1], -1), fixture.Tensor($"{side}.expected.logits", 3), mask);
    }
}
