using System.Globalization;
using Fovea.Data.Auditing;
using Fovea.Data.Templates;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>Shows a <see cref="CorpusAudit"/>: tokens that carry loss in colour on a terminal, in brackets elsewhere.</summary>
internal static class AuditReport
{
    /// <summary>Writes samples, counts and invalid records.</summary>
    public static void Show(IAnsiConsole console, CorpusAudit audit)
    {
        var colours = console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors };
        foreach (var sample in audit.Samples)
        {
            var images = sample.Sample.Images.Count == 0 ? "no image" : string.Join(", ", sample.Sample.Images);
            console.WriteLine(PlainText.Of($"record {sample.Sample.Key.Record} · {sample.Template} · {images} · {sample.Tokens.Count} tokens, {sample.Sample.TargetIndices.Length} carry loss"));
            if (colours)
            {
                console.MarkupLine(string.Concat(sample.Tokens.Select(Coloured)));
            }
            else
            {
                console.Profile.Out.Writer.WriteLine(string.Concat(sample.Tokens.Select(Bracketed)));
            }

            console.WriteLine();
        }

        ShowCounts(console, audit);
    }

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
        console.WriteLine($"images   {Number(audit.Images)}");
        foreach (var (template, count) in audit.Templates)
        {
            console.WriteLine($"template {template}: {Number(count)}");
        }

        foreach (var invalid in audit.Invalid)
        {
            console.WriteLine(PlainText.Of($"invalid  {invalid.Reason}: {Number(invalid.Count)}, first {invalid.First}"));
        }
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
