using Fovea.Core.Text;
using Fovea.Data.Auditing;
using Fovea.Data.Templates;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows a <see cref="CorpusAudit"/>: tokens that carry loss in colour on a terminal, in brackets elsewhere.</summary>
internal static class AuditReport
{
    /// <summary>Writes samples, counts, lengths, invalid records and warnings.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="audit">What was found.</param>
    /// <param name="listInvalid">Every invalid record, in place of the first of each reason.</param>
    public static void Show(IAnsiConsole console, CorpusAudit audit, bool listInvalid = false)
    {
        foreach (var sample in audit.Samples)
        {
            Show(console, sample);
            console.WriteLine();
        }

        Screen.WriteLines(console, AuditText.Counts(audit).Concat(listInvalid ? AuditText.Invalid(audit) : []));
    }

    /// <summary>Writes one record: its tokens, or why it cannot be used and what the file holds.</summary>
    public static void Show(IAnsiConsole console, RecordAudit record)
    {
        if (record.Sample is { } sample)
        {
            Show(console, sample);
        }
        else
        {
            Screen.WriteLines(console, AuditText.Unusable(record));
        }
    }

    private static void Show(IAnsiConsole console, MarkedSample sample)
    {
        var images = sample.Sample.Images.Count == 0 ? "no image" : string.Join(", ", sample.Sample.Images);
        console.WriteLine(PlainText.Of($"record {sample.Sample.Key.Record} · {sample.Template} · {images} · {sample.Tokens.Count} "
            + $"tokens, {sample.Sample.TargetIndices.Length} carry loss"));
        if (console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors })
        {
            console.MarkupLine(string.Concat(sample.Tokens.Select(Coloured)));
        }
        else
        {
            Screen.WriteLines(console, string.Concat(sample.Tokens.Select(AuditText.Bracketed)));
        }
    }

    private static string Coloured(MarkedToken token, int index)
    {
        var text = Markup.Escape(PlainText.Of(token.Text));
        return token.CarriesLoss ? $"[black on {(index % 2 == 0 ? "green" : "lime")}]{text}[/]" : $"[grey]{text}[/]";
    }
}
