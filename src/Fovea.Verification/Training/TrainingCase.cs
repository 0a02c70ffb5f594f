using Fovea.Training.Reference;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Training;

/// <summary>A training run: each step's learning rate, denominator, loss and gradient norm, and the final parameters.</summary>
internal static class TrainingCase
{
    public static void Run(FixtureFolder fixture, CheckList checks)
    {
        foreach (var found in ReferenceTraining.Run(fixture.Path))
        {
            checks.Measure(found.What, () => new Difference(found.Distance, found.Tolerance));
        }
    }
}
