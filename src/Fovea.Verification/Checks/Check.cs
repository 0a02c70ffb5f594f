namespace Fovea.Verification.Checks;

/// <summary>What a check found.</summary>
public enum Verdict
{
    /// <summary>Within the tolerance.</summary>
    Passed,

    /// <summary>Beyond the tolerance, or it could not be computed.</summary>
    Failed,
}

/// <summary>One quantity of one case beside its reference.</summary>
/// <param name="Name">The case, as a path below the verified folder.</param>
/// <param name="Kind">The case's kind, as its file states it.</param>
/// <param name="Quantity">What was compared, e.g. <c>logits</c>.</param>
/// <param name="Difference">The largest difference, taken where it is largest relative to what is allowed there; for exact quantities the number of values that
/// differ; null if it could not be computed.</param>
/// <param name="Tolerance">What is allowed where <paramref name="Difference"/> was taken; null if it could not be computed.</param>
/// <param name="Verdict">What was found.</param>
/// <param name="Reason">Of a failure, in one line; null otherwise.</param>
public sealed record Check(string Name, string Kind, string Quantity, double? Difference, double? Tolerance, Verdict Verdict, string? Reason);
