using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Models;

/// <summary>Open-Qwen2VL: tower, pooling, projector, logits.</summary>
internal static class OpenQwen2VlCase
{
    public static void Run(FixtureFolder fixture, CheckList checks) => throw new ReferenceException("not merged yet");
}
