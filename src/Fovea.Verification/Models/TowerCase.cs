using Fovea.Models.Checkpoints;
using Fovea.Models.Vision;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;
using static TorchSharp.torch;

namespace Fovea.Verification.Models;

/// <summary>A vision tower: every hidden state, the last one as Transformers names it, the pooled output.</summary>
internal static class TowerCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        using var model = ModelFolder.LoadTower(fixture.Path);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var output = model.Tower.Run(fixture.Tensor("pixel_values", 4));
        for (var i = 0; i < output.HiddenStates.Count; i++)
        {
            checks.Measure($"hidden.{i}", () => fixture.Tolerance.Compare(output.HiddenStates[i], fixture.Tensor($"expected.hidden.{i}", 3)));
        }

        if (fixture.Has($"expected.hidden.{output.HiddenStates.Count}"))
        {
            checks.Fail("hidden", $"the reference has more than the model's {output.HiddenStates.Count} hidden states");
        }

        checks.Measure("last_hidden_state", () => fixture.Tolerance.Compare(output.LastHiddenState, fixture.Tensor("expected.last_hidden_state", 3)));
        Pooled(fixture, checks, output);
    }

    /// <summary>A SigLIP tower may lack its head; then the reference must lack the output too.</summary>
    private static void Pooled(FixtureFolder fixture, CheckList checks, TowerOutput output)
    {
        if (output.PoolerOutput is { } pooled)
        {
            checks.Measure("pooler_output", () => fixture.Tolerance.Compare(pooled, fixture.Tensor("expected.pooler_output", 2)));
        }
        else if (fixture.Has("expected.pooler_output"))
        {
            checks.Fail("pooler_output", "the reference has one, the model has no pooling head");
        }
    }
}
