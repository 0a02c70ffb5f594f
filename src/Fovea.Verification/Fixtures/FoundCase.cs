using Fovea.Verification.Checks;

namespace Fovea.Verification.Fixtures;

/// <summary>A case that was found, and how to run it.</summary>
/// <param name="Name">Its path below the verified folder.</param>
/// <param name="Kind">What its file says it is.</param>
/// <param name="Run">Compares and notes what it finds.</param>
internal sealed record FoundCase(string Name, string Kind, Action<CheckList> Run)
{
    /// <summary>A case that cannot be run: one failed check.</summary>
    public static FoundCase Broken(string name, string kind, string reason) => new(name, kind, c => c.Fail("case", reason));
}
