using System.Globalization;
using System.Text;
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
            console.WriteLine(Plain($"record {sample.Sample.Key.Record} · {sample.Template} · {images} · {sample.Tokens.Count} tokens, {sample.Sample.TargetIndices.Length} carry loss"));
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
        token.CarriesLoss ? $"[{Plain(token.Text).Replace("[", "[[", StringComparison.Ordinal).Replace("]", "]]", StringComparison.Ordinal)}]" : Plain(token.Text);

    private static string Coloured(MarkedToken token, int index)
    {
        var text = Markup.Escape(Plain(token.Text));
        return token.CarriesLoss ? $"[black on {(index % 2 == 0 ? "green" : "lime")}]{text}[/]" : $"[grey]{text}[/]";
    }

    private static void ShowCounts(IAnsiConsole console, CorpusAudit audit)
    {
        console.WriteLine($"records  {Number(audit.Records)}, of which {Number(audit.Valid)} valid");
        console.WriteLine($"tokens   {Number(audit.Tokens)} (an image counts as one), the longest sample {Number(audit.LongestSample)}");
        console.WriteLine($"targets  {Number(audit.Targets)}");
        console.WriteLine($"images   {Number(audit.Images)}");
        foreach (var (template, count) in audit.Templates)
        {
            console.WriteLine($"template {template}: {Number(count)}");
        }

        foreach (var invalid in audit.Invalid)
        {
            console.WriteLine(Plain($"invalid  {invalid.Reason}: {Number(invalid.Count)}, first {invalid.First}"));
        }
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Text that cannot steer a terminal: control characters are written out, line breaks stay visible.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            plain.Append(c switch
            {
                '\n' => "\\n\n",
                '\t' => "\\t",
                _ when char.IsControl(c) || char.IsSurrogate(c) && text.Length == 1 => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return plain.ToString();
    }
}
