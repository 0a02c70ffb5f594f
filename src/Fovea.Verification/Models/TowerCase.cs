using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Models;

/// <summary>A vision tower: every hidden state, the last one as Transformers names it, the pooled output.</summary>
internal static class TowerCase
{
    public static void Run(FixtureFolder fixture, CheckList checks) => throw new ReferenceException("not merged yet");
}
