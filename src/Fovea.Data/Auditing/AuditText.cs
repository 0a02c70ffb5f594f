using Fovea.Core.Text;
using Fovea.Data.Templates;

namespace Fovea.Data.Auditing;

/// <summary>An audit as lines of text, in which nothing of the corpus can steer a terminal.</summary>
public static class AuditText
{
    private const int BarCells = 40;

    /// <summary>Counts, lengths, the first unusable record of each reason, and warnings.</summary>
    public static IEnumerable<string> Counts(CorpusAudit audit)
    {
        yield return $"records  {Number(audit.Records)}, of which {Number(audit.Valid)} valid";
        yield return $"tokens   {Number(audit.Tokens)} (an image is one token here), the longest sample {Number(audit.LongestSample)}";
        yield return $"targets  {Number(audit.Targets)}";
        yield return $"no image {Number(audit.TextOnly)} of the valid records";
        yield return $"images   {Number(audit.Images)}";
        foreach (var (template, count) in audit.Templates)
        {
            yield return $"template {template}: {Number(count)}";
        }

        var most = audit.Lengths.Select(l => l.Count).DefaultIfEmpty(0).Max();
        foreach (var bin in audit.Lengths)
        {
            yield return $"{Number(bin.From),9} to {Number(bin.To),9} "
                + $"tokens {Number(bin.Count),9} {new string('#', (int)Math.Max(1, (long)BarCells * bin.Count / most))}";
        }

        foreach (var invalid in audit.Invalid)
        {
            yield return PlainText.Of($"invalid  {invalid.Reason}: {Number(invalid.Count)}, first {invalid.First}");
        }

        foreach (var warning in audit.Warnings)
        {
            yield return PlainText.Of($"warning  {warning.Name}: {Number(warning.Count)}, such as {string.Join("; ", warning.Examples)}");
        }
    }

    /// <summary>Every unusable record.</summary>
    public static IEnumerable<string> Invalid(CorpusAudit audit) =>
        audit.InvalidRecords.Select(i => PlainText.Of($"invalid  record {i.Key.Record}: {i.Reason}"));

    /// <summary>Why a record cannot be used, and what the file holds.</summary>
    public static IEnumerable<string> Unusable(RecordAudit record)
    {
        yield return PlainText.Of($"record {record.Record} cannot be used: {record.Reason}");
        if (record.Json is { } json)
        {
            yield return PlainText.Of(json);
        }
    }

    /// <summary>A token in brackets if it carries loss; brackets that are its own are doubled.</summary>
    public static string Bracketed(MarkedToken token) =>
        token.CarriesLoss ? $"[{PlainText.Of(token.Text).Replace("[", "[[", StringComparison.Ordinal).Replace("]", "]]", StringComparison.Ordinal)}]"
            : PlainText.Of(token.Text);

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
