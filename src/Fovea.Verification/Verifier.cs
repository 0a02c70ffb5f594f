using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification;

/// <summary>What a verification found.</summary>
/// <param name="Checks">Every quantity of every case.</param>
public sealed record VerificationReport(IReadOnlyList<Check> Checks)
{
    /// <summary>Quantities within their tolerance.</summary>
    public int NumPassed => Checks.Count(c => c.Verdict == Verdict.Passed);

    /// <summary>Quantities beyond their tolerance, or that could not be computed.</summary>
    public int NumFailed => Checks.Count(c => c.Verdict == Verdict.Failed);

    /// <summary>Quantities that this version does not compare.</summary>
    public int NumLater => Checks.Count(c => c.Verdict == Verdict.Later);
}

/// <summary>
/// Runs reference values through the classes that training uses, and compares. References are folders as <c>docs/verify.md</c> lays them out;
/// a case that is of an unknown kind, incomplete or misshapen fails.
/// </summary>
/// <param name="dataFolders">Where inputs named <c>data/...</c> are looked for.</param>
public sealed class Verifier(IReadOnlyList<string> dataFolders)
{
    /// <summary>Verifies a case or a tree of cases.</summary>
    /// <param name="path">A folder, or one file of text cases.</param>
    /// <param name="progress">Told of finished cases; null for nobody.</param>
    /// <param name="cancel">Stops between cases.</param>
    /// <exception cref="InvalidInputException">There is nothing at the path, or no case below it.</exception>
    public VerificationReport Run(string path, IProgressSink? progress = null, CancellationToken cancel = default)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new InvalidInputException(path, null, "not found; expected a folder of reference cases");
        }

        using var kinds = new CaseKinds(new InputFiles(dataFolders));
        var cases = new FixtureTree(kinds).Find(path).ToList();
        if (cases.Count == 0)
        {
            throw new InvalidInputException(path, null, "no case below it; expected folders with case.json, or an index.json that lists cases");
        }

        var checks = new List<Check>();
        for (var i = 0; i < cases.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var list = new CheckList(cases[i].Name, cases[i].Kind);
            list.Attempt("case", () => cases[i].Run(list));
            if (list.Found.Count == 0)
            {
                list.Fail("case", "nothing was compared");
            }

            checks.AddRange(list.Found);
            progress?.Report("verify", i + 1, cases.Count);
        }

        return new VerificationReport(checks);
    }
}
