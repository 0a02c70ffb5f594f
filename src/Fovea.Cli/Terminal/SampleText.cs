using System.Globalization;
using Fovea.Pipeline.Scores;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>One sample of a score store: question, then a line for each target with its scores in aligned columns; words tinted by VIG on a terminal.</summary>
internal static class SampleText
{
    private static readonly Color Positive = new(230, 130, 0), Negative = new(0, 114, 178), Ground = new(255, 255, 255);

    /// <summary>Writes it.</summary>
    public static void Show(IAnsiConsole console, SampleView sample)
    {
        var scores = sample.Scores;
        Line(console, $"{PlainText.Of(scores.Key.ToString(), false)} {PlainText.Of(scores.Id ?? "", false)} {PlainText.Of(scores.InvalidReason ?? (scores.HasImage ? "" : "text-only"), false)}".TrimEnd());
        foreach (var question in sample.Questions ?? [])
        {
            Line(console, "question: " + PlainText.Of(question, false));
        }

        if (sample.NoQuestions is { } why)
        {
            Line(console, $"question: not shown ({why})");
        }

        var derived = sample.Derived();
        if (derived.Count > 0 && console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors })
        {
            Tint(console, sample, derived[0]);
        }

        // Of an unusable record no target is known.
        if (scores.TargetIds.Length > 0)
        {
            Rows(console, sample, derived);
        }
    }

    private static void Rows(IAnsiConsole console, SampleView sample, IReadOnlyList<(string Key, string Title, string Short, Func<int, double> Value)> derived)
    {
        var scores = sample.Scores;
        string[] heads = ["position", "token_id", "token", .. derived.Select(d => d.Short), .. scores.LogProbs.Keys.Select(c => "log p " + ScoreNames.ColumnHead(c))];
        var rows = Enumerable.Range(0, scores.TargetIds.Length).Select(t => (string[])
        [
            $"{t}", $"{scores.TargetIds[t]}", $"'{Token(sample, t)}'",
            .. derived.Select(d => Number(d.Value(t), signed: d.Key != "one_minus_p_ref")), .. scores.LogProbs.Values.Select(p => Number(p[t])),
        ]).ToArray();
        int[] widths = [.. heads.Select((h, c) => rows.Select(r => r[c].Length).Append(h.Length).Max())];
        foreach (var row in rows.Prepend(heads))
        {
            // Text to the left, numbers to the right.
            Line(console, string.Join("  ", row.Select((cell, c) => c == 2 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
        }
    }

    private static void Tint(IAnsiConsole console, SampleView sample, (string Key, string Title, string Short, Func<int, double> Value) score)
    {
        double[] values = [.. Enumerable.Range(0, sample.Scores.TargetIds.Length).Select(score.Value)];
        double[] sizes = [.. values.Select(Math.Abs).Where(double.IsFinite).Order()];
        var full = RoundLimit.Above(sizes.Length == 0 ? 0 : sizes[(int)(0.95 * (sizes.Length - 1))]);
        for (var t = 0; t < values.Length; t++)
        {
            var strength = double.IsFinite(values[t]) ? (float)Math.Min(1, Math.Abs(values[t]) / full) : 0;
            console.Write(new Text(Token(sample, t), new Style(Color.Black, Ground.Blend(values[t] >= 0 ? Positive : Negative, strength))));
        }

        console.WriteLine();
        Line(console, string.Create(CultureInfo.InvariantCulture, $"tinted by {score.Title}: orange above zero, blue below, full colour at {full}"));
    }

    private static string Token(SampleView sample, int t) => PlainText.Of(sample.Tokens.GetValueOrDefault(sample.Scores.TargetIds[t], ""), false);

    private static string Number(double value, bool signed = false) => value.ToString(signed ? "+0.0000;-0.0000;0.0000" : "0.0000", CultureInfo.InvariantCulture);

    // Not through the console's own layout: it would break long lines and interpret brackets.
    private static void Line(IAnsiConsole console, string text) => console.Profile.Out.Writer.WriteLine(text);
}
