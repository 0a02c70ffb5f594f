namespace Fovea.Data.Auditing;

/// <summary>How bad a corpus may be.</summary>
public static class AuditLimits
{
    /// <summary>Refuses a corpus that is worse than was asked for.</summary>
    /// <param name="audit">What was found.</param>
    /// <param name="file">The corpus.</param>
    /// <param name="limit">How many records may be unusable; null: any number, but not all.</param>
    /// <param name="strict">Whether none may be, and nothing odd either.</param>
    /// <exception cref="FoveaException">It is worse.</exception>
    public static void Require(CorpusAudit audit, string file, int? limit, bool strict)
    {
        var invalid = audit.Records - audit.Valid;
        if (audit.Valid == 0 && invalid > 0)
        {
            throw new FoveaException($"{file}: none of {invalid} records can be used");
        }

        if (invalid > (strict ? 0 : limit ?? int.MaxValue))
        {
            throw new FoveaException($"{file}: {invalid} of {audit.Records} records are unusable, allowed: {(strict ? 0 : limit)}");
        }

        if (strict && audit.Warnings.Count > 0)
        {
            throw new FoveaException($"{file}: {string.Join(", ", audit.Warnings.Select(w => $"{w.Name} {w.Count}"))}; --strict allows no warning");
        }
    }
}
