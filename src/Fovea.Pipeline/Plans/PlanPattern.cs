namespace Fovea.Pipeline.Plans;

/// <summary>Names of stages with <c>*</c> for any text between two slashes.</summary>
internal static class PlanPattern
{
    /// <summary>Whether a name fits, part by part.</summary>
    public static bool Fits(string[] name, string[] pattern) => name.Length == pattern.Length && name.Zip(pattern).All(p => Fits(p.First, p.Second));

    private static bool Fits(string name, string pattern) => pattern.IndexOf('*', StringComparison.Ordinal) is >= 0 and var at
        ? name.Length >= pattern.Length - 1 && name.StartsWith(pattern[..at], StringComparison.Ordinal)
        && name.EndsWith(pattern[(at + 1)..], StringComparison.Ordinal)
        : name == pattern;
}
