using Fovea.Verification.Checks;

namespace Fovea.Verification;

/// <summary>What a verification found.</summary>
/// <param name="Checks">Every quantity of every case.</param>
public sealed record VerificationReport(IReadOnlyList<Check> Checks)
{
    private const int MostRowsOfAGroup = 8;

    /// <summary>Quantities within their tolerance.</summary>
    public int NumPassed => Checks.Count(c => c.Verdict == Verdict.Passed);

    /// <summary>Quantities beyond their tolerance, or that could not be computed.</summary>
    public int NumFailed => Checks.Count(c => c.Verdict == Verdict.Failed);

    /// <summary>
    /// Each quantity with its case's name, one after the other; where a folder or file holds many cases, the worst stands for all of a quantity that passed.
    /// </summary>
    public IEnumerable<(string Name, Check Check)> Rows()
    {
        foreach (var group in Checks.GroupBy(c => (c.Kind, c.Verdict,
            Folder: c.Name.Contains('/', StringComparison.Ordinal) ? c.Name[..c.Name.LastIndexOf('/')] : c.Name, c.Quantity)))
        {
            var rows = group.ToList();
            if (group.Key.Verdict == Verdict.Passed && rows.Count > MostRowsOfAGroup)
            {
                yield return ($"{group.Key.Folder}/* ({rows.Count} cases)", rows.MaxBy(c => c.Tolerance > 0 ? c.Difference / c.Tolerance : c.Difference)!);
                continue;
            }

            foreach (var check in rows)
            {
                yield return (check.Name, check);
            }
        }
    }

    /// <summary>All of it, as the document of <c>--json</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["passed"] = NumPassed,
        ["failed"] = NumFailed,
        ["cases"] = new JsonArray([.. Checks.Select(c => (JsonNode)new JsonObject
        {
            ["name"] = c.Name,
            ["kind"] = c.Kind,
            ["quantity"] = c.Quantity,
            ["difference"] = Finite(c.Difference),
            ["tolerance"] = Finite(c.Tolerance),
            ["passed"] = c.Verdict == Verdict.Passed,
            ["reason"] = c.Reason,
        })]),
    };

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null; // JSON has neither NaN nor infinity
}
