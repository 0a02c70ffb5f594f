using Fovea.Pipeline.Scores;
using Spectre.Console;

namespace Fovea.Cli.Terminal;

/// <summary>One sample of a score store: question, then a line for each target with its scores in aligned columns; words tinted by VIG on a terminal.</summary>
internal static class SampleText
{
    private static readonly Color Positive = new(230, 130, 0), Negative = new(0, 114, 178), Ground = new(255, 255, 255);

    public static void Show(IAnsiConsole console, SampleView sample)
    {
        Screen.WriteLines(console, SampleLines.Head(sample));
        var derived = sample.Derived;
        if (derived.Count > 0 && console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors })
        {
            Tint(console, sample, derived[0]);
        }

        Screen.WriteLines(console, SampleLines.Targets(sample));
    }

    private static void Tint(IAnsiConsole console, SampleView sample, DerivedScore score)
    {
        double[] values = [.. Enumerable.Range(0, sample.Scores.TargetIds.Length).Select(t => score.Of(sample.Scores, t))];
        var full = RoundLimit.OfMost(values);
        for (var t = 0; t < values.Length; t++)
        {
            var strength = double.IsFinite(values[t]) ? (float)Math.Min(1, Math.Abs(values[t]) / full) : 0;
            console.Write(new Text(SampleLines.Token(sample, t), new Style(Color.Black, Ground.Blend(values[t] >= 0 ? Positive : Negative, strength))));
        }

        console.WriteLine();
        Screen.WriteLines(console, string.Create(CultureInfo.InvariantCulture,
            $"tinted by {score.Title}: orange above zero, blue below, full colour at {full}"));
    }
}
