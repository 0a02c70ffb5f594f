using Fovea.Core.Watching;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification;

/// <summary>
/// Runs reference values through the classes that training uses, and compares. References are folders as <c>docs/verify.md</c> lays them out;
/// a case that is of an unknown kind, incomplete or misshapen fails.
/// </summary>
/// <param name="dataFolders">Where inputs named <c>data/...</c> are looked for.</param>
public sealed class Verifier(IReadOnlyList<string> dataFolders)
{
    /// <summary>One that looks for inputs in the given folders, or in <c>data/</c> of <c>FOVEA_TESTDATA</c> or <c>../shared</c> where there are none.</summary>
    /// <exception cref="InvalidInputException">A folder is not there.</exception>
    public static Verifier Over(IReadOnlyList<string> folders) => folders.FirstOrDefault(f => !Directory.Exists(f)) is { } missing
        ? throw new InvalidInputException(missing, null, "not found; --data expects a folder")
        : new Verifier(folders.Count > 0
            ? folders : [Path.Combine(Environment.GetEnvironmentVariable("FOVEA_TESTDATA") ?? Path.Combine("..", "shared"), "data")]);

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
