using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Scores;

/// <summary>A store's scores as lines: mean with interval, share above zero, tau, and a histogram of bars.</summary>
public static class StatisticsText
{
    private const int LongestBar = 40;

    /// <summary>Writes all scores, an empty line after each.</summary>
    public static void Write(TextWriter output, IEnumerable<ScoreStatistics> statistics)
    {
        foreach (var line in statistics.SelectMany(s => Lines(s).Append("")))
        {
            output.WriteLine(line);
        }
    }

    /// <summary>What the scores warn of, a line each.</summary>
    public static IEnumerable<string> Warnings(IEnumerable<ScoreStatistics> statistics) =>
        statistics.SelectMany(s => s.Warnings()).Select(w => "warning: " + w);

    /// <summary>The lines of one score.</summary>
    public static IEnumerable<string> Lines(ScoreStatistics s)
    {
        var unit = s.Score.IsVig ? " nats per token" : "";
        var tau = s.Tau is { } t ? $"; tau at p {StoreStatistics.Percent}: {FindingNumbers.Of(t, NumberFormat.Ratio, FindingNumbers.TauDecimals)}" : "";
        yield return $"{s.Score.Title}: mean {s.MeanText}{unit}";
        yield return $"  above zero {FindingNumbers.WithInterval(FindingCell.Of(s.AboveZero), NumberFormat.Percent)} of {FindingNumbers.Count(s.Mean.Count)} "
            + $"targets in {FindingNumbers.Count(s.Samples)} {(s.Samples == 1 ? "sample" : "samples")}{tau}";
        var most = Math.Max(1, s.Bins.Select(b => b.Count).DefaultIfEmpty(1).Max());
        string[] names = [.. s.Bins.Select(Name)];
        var width = names.Select(n => n.Length).DefaultIfEmpty(0).Max();
        for (var i = 0; i < names.Length; i++)
        {
            var bar = new string('#', (int)Math.Ceiling((double)LongestBar * s.Bins[i].Count / most));
            yield return $"  {names[i].PadLeft(width)} {bar.PadRight(LongestBar)} {FindingNumbers.Count(s.Bins[i].Count)}";
        }
    }

    /// <summary>A bin's name.</summary>
    public static string Name(HistogramBin bin) => (bin.From, bin.To) switch
    {
        (null, { } to) => Invariant($"below {to:0.##}"),
        ({ } from, null) => Invariant($"{from:0.##} and above"),
        ({ } from, { } to) => Invariant($"{from:0.##} to {to:0.##}"),
        _ => "all",
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
