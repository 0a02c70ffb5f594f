using Fovea.Models.Checkpoints;
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
        using var noGrad = no_grad();
        var pixels = fixture.Tensor("pixel_values", 4);
        var output = model.Tower.Run(pixels);
        for (var i = 0; i < output.HiddenStates.Count; i++)
        {
            var layer = i;
            checks.Measure($"hidden.{i}", () =>
            {
                var expected = fixture.Tensor($"expected.hidden.{layer}", 3);
                return fixture.Tolerance.Compare(output.HiddenStates[layer], expected)
                    .Or(fixture.Tolerance.Compare(model.Tower.Forward(pixels, layer), expected));
            });
        }

        if (fixture.Has($"expected.hidden.{output.HiddenStates.Count}"))
        {
            checks.Fail("hidden", $"the reference has more than the tower's {output.HiddenStates.Count} hidden states");
        }

        checks.Measure("last_hidden_state", () => fixture.Tolerance.Compare(output.LastHiddenState, fixture.Tensor("expected.last_hidden_state", 3)));
        if (output.PoolerOutput is { } pooled)
        {
            checks.Measure("pooler_output", () => fixture.Tolerance.Compare(pooled, fixture.Tensor("expected.pooler_output", 2)));
        }
        else if (fixture.Has("expected.pooler_output"))
        {
            checks.Fail("pooler_output", "the tower has no pooling head, the reference has its output");
        }
    }
}
