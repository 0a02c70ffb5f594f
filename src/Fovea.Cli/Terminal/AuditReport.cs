using System.Globalization;
using Fovea.Data.Auditing;
using Fovea.Data.Templates;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows a <see cref="CorpusAudit"/>: tokens that carry loss in colour on a terminal, in brackets elsewhere.</summary>
internal static class AuditReport
{
    private const int BarCells = 40;

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

        ShowCounts(console, audit);
        if (listInvalid)
        {
            foreach (var invalid in audit.InvalidRecords)
            {
                Line(console, $"invalid  record {invalid.Key.Record}: {invalid.Reason}");
            }
        }
    }

    /// <summary>Writes one record: its tokens, or why it cannot be used and what the file holds.</summary>
    public static void Show(IAnsiConsole console, RecordAudit record)
    {
        if (record.Sample is { } sample)
        {
            Show(console, sample);
            return;
        }

        Line(console, $"record {record.Record} cannot be used: {record.Reason}");
        if (record.Json is { } json)
        {
            Line(console, json);
        }
    }

    private static void Show(IAnsiConsole console, MarkedSample sample)
    {
        var images = sample.Sample.Images.Count == 0 ? "no image" : string.Join(", ", sample.Sample.Images);
        console.WriteLine(PlainText.Of($"record {sample.Sample.Key.Record} · {sample.Template} · {images} · {sample.Tokens.Count} tokens, {sample.Sample.TargetIndices.Length} carry loss"));
        if (console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors })
        {
            console.MarkupLine(string.Concat(sample.Tokens.Select(Coloured)));
        }
        else
        {
            Line(console, string.Concat(sample.Tokens.Select(Bracketed)), plain: true);
        }
    }

    // Not through the console, which would break lines at a width.
    private static void Line(IAnsiConsole console, string text, bool plain = false) => console.Profile.Out.Writer.WriteLine(plain ? text : PlainText.Of(text));

    /// <summary>A token in brackets if it carries loss; brackets that are its own are doubled.</summary>
    internal static string Bracketed(MarkedToken token) =>
        token.CarriesLoss ? $"[{PlainText.Of(token.Text).Replace("[", "[[", StringComparison.Ordinal).Replace("]", "]]", StringComparison.Ordinal)}]" : PlainText.Of(token.Text);

    private static string Coloured(MarkedToken token, int index)
    {
        var text = Markup.Escape(PlainText.Of(token.Text));
        return token.CarriesLoss ? $"[black on {(index % 2 == 0 ? "green" : "lime")}]{text}[/]" : $"[grey]{text}[/]";
    }

    private static void ShowCounts(IAnsiConsole console, CorpusAudit audit)
    {
        console.WriteLine($"records  {Number(audit.Records)}, of which {Number(audit.Valid)} valid");
        console.WriteLine($"tokens   {Number(audit.Tokens)} (an image is one token here), the longest sample {Number(audit.LongestSample)}");
        console.WriteLine($"targets  {Number(audit.Targets)}");
        console.WriteLine($"no image {Number(audit.TextOnly)} of the valid records");
        console.WriteLine($"images   {Number(audit.Images)}");
        foreach (var (template, count) in audit.Templates)
        {
            console.WriteLine($"template {template}: {Number(count)}");
        }

        var most = audit.Lengths.Select(l => l.Count).DefaultIfEmpty(0).Max();
        foreach (var bin in audit.Lengths)
        {
            console.WriteLine($"{Number(bin.From),9} to {Number(bin.To),9} tokens {Number(bin.Count),9} {new string('#', (int)Math.Max(1, (long)BarCells * bin.Count / most))}");
        }

        foreach (var invalid in audit.Invalid)
        {
            Line(console, $"invalid  {invalid.Reason}: {Number(invalid.Count)}, first {invalid.First}");
        }

        foreach (var warning in audit.Warnings)
        {
            Line(console, $"warning  {warning.Name}: {Number(warning.Count)}, such as {string.Join("; ", warning.Examples)}");
        }
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
