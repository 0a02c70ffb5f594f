using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Reports;

/// <summary>
/// How findings are written as text: one form for the terminal, the report and the sentences, and the rule by which a difference is called better or worse.
/// </summary>
public static class FindingNumbers
{
    /// <summary>Written where there is no number.</summary>
    public const string Missing = "–";

    /// <summary>With how many decimals a threshold is written.</summary>
    public const int TauDecimals = 6;

    /// <summary>Written where a difference and its interval would be zeros.</summary>
    public const string NoDifference = "no difference";

    /// <summary>Most decimals beyond a style's own that a difference may need to differ from zero: what is smaller is nothing to act on.</summary>
    private const int MostExtraDecimals = 1;

    /// <summary>Decimals of a style.</summary>
    public static int Decimals(NumberFormat style) => style switch { NumberFormat.Percent => 1, NumberFormat.Count => 0, _ => 3 };

    /// <summary>A number with its unit, e.g. <c>47.9 %</c>; a dash without data.</summary>
    public static string Of(double? value, NumberFormat style, int? decimals = null) =>
        Bare(value, style, decimals) is { } text ? text + (style == NumberFormat.Percent ? " %" : "") : Missing;

    /// <summary>A whole number with separators.</summary>
    public static string Count(double? value) => Of(value, NumberFormat.Count);

    /// <summary>
    /// Decimals of numbers that are written side by side: a ratio's three, or as many as show two digits of the largest where all are small; at most six.
    /// </summary>
    public static int DecimalsFor(IEnumerable<double?> values)
    {
        var largest = values.Max(v => Math.Abs(v ?? 0));
        return largest is > 0 and < 0.01 ? Math.Min(6, 1 - (int)Math.Floor(Math.Log10(largest))) : Decimals(NumberFormat.Ratio);
    }

    /// <summary><c>[low, high]</c> without units; empty without an interval.</summary>
    public static string Interval(double? low, double? high, NumberFormat style, int? decimals = null) =>
        Bare(low, style, decimals) is { } l && Bare(high, style, decimals) is { } h ? $"[{l}, {h}]" : "";

    /// <summary>A value with its interval, e.g. <c>47.9 % [38.1, 56.0]</c>.</summary>
    public static string WithInterval(FindingCell cell, NumberFormat style) =>
        $"{Of(cell.Value, style)} {Interval(cell.Low, cell.High, style)}".TrimEnd();

    /// <summary>
    /// The difference to the baseline with its sign and interval, with as many decimals as it takes to tell it from zero where its interval does,
    /// e.g. <c>+4.7 [+1.2, +8.3]</c>; <c>no difference</c> where nothing but zeros would be written.
    /// </summary>
    public static string Difference(FindingCell cell, NumberFormat style, string unit = "")
    {
        if (cell.Difference is not { } difference)
        {
            return "";
        }

        var decimals = DifferenceDecimals(cell, style);
        double[] written = [.. new[] { difference, cell.DifferenceLow ?? 0, cell.DifferenceHigh ?? 0 }.Select(v => Rounded(v, style, decimals))];
        if (written.All(v => v == 0))
        {
            return NoDifference;
        }

        var interval = cell is { DifferenceLow: { } low, DifferenceHigh: { } high }
            ? $" [{Signed(low, style, decimals)}, {Signed(high, style, decimals)}]" : "";
        return $"{Signed(difference, style, decimals)}{(unit.Length > 0 ? " " + unit : "")}{interval}";
    }

    /// <summary>
    /// Better or worse only where the paired interval is one and does not contain zero, and neither the difference nor the interval's nearer end is
    /// written as zero.
    /// </summary>
    public static Tone Judge(FindingCell cell, NumberFormat style, bool? higherIsBetter)
    {
        if (higherIsBetter is not { } up || cell is not { Difference: { } difference, DifferenceLow: { } low, DifferenceHigh: { } high } || low >= high
            || !(low > 0 || high < 0))
        {
            return Tone.Neutral;
        }

        var decimals = DifferenceDecimals(cell, style);
        return Rounded(difference, style, decimals) == 0 || Rounded(Nearer(low, high), style, decimals) == 0
            ? Tone.Neutral
            : (difference > 0) == up ? Tone.Better : Tone.Worse;
    }

    /// <summary>
    /// 1 above zero, -1 below: the interval does not contain zero, and neither the value nor the interval's nearer end is written as zero. Else 0.
    /// </summary>
    public static int Sign(FindingCell cell, NumberFormat style) =>
        cell is { Value: { } value, Low: { } low, High: { } high } && (low > 0 || high < 0)
        && Rounded(value, style, Decimals(style)) != 0 && Rounded(Nearer(low, high), style, Decimals(style)) != 0
            ? Math.Sign(value)
            : 0;

    /// <summary>Decimals of a column: more than its style's where two numbers that are judged different would look alike.</summary>
    public static int ColumnDecimals(FindingTable table, int column)
    {
        var style = table.Columns[column].Style;
        var least = Decimals(style);
        return table.Rows.Select(r => r.Cells[column]).Where(c => c is { Verdict: not Tone.Neutral, Value: not null, Difference: not null })
            .Select(c => Enumerable.Range(least, MostExtraDecimals + 1)
                .FirstOrDefault(d => Rounded(c.Value!.Value, style, d) != Rounded(c.Value!.Value - c.Difference!.Value, style, d), least + MostExtraDecimals))
            .DefaultIfEmpty(least).Max();
    }

    private static int DifferenceDecimals(FindingCell cell, NumberFormat style)
    {
        var least = Decimals(style);
        return cell is { Difference: { } difference, DifferenceLow: { } low, DifferenceHigh: { } high } && (low > 0 || high < 0)
            ? Enumerable.Range(least, MostExtraDecimals + 1).FirstOrDefault(
                d => Rounded(difference, style, d) != 0 && Rounded(Nearer(low, high), style, d) != 0, least)
            : least;
    }

    private static double Nearer(double low, double high) => low > 0 ? low : high;

    private static double Rounded(double value, NumberFormat style, int decimals) =>
        Math.Round(style == NumberFormat.Percent ? 100 * value : value, decimals, MidpointRounding.AwayFromZero);

    private static string? Bare(double? value, NumberFormat style, int? decimals)
    {
        if (value is not { } v || double.IsNaN(v))
        {
            return null;
        }

        var places = decimals ?? Decimals(style);
        var text = (style == NumberFormat.Percent ? 100 * v : v).ToString("N" + places.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        // A small negative number rounds to "-0.0".
        return text.StartsWith('-') && text.AsSpan(1).IndexOfAnyExcept("0.,") < 0 ? text[1..] : text.Replace('-', '−');
    }

    private static string Signed(double value, NumberFormat style, int decimals) =>
        Bare(value, style, decimals) is not { } text ? Missing
        : text.StartsWith('−') || text.AsSpan().IndexOfAnyExcept("0.,") < 0 ? text : "+" + text;
}
