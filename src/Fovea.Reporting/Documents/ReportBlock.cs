namespace Fovea.Reporting.Documents;

/// <summary>One thing to look at.</summary>
public abstract record ReportBlock;

/// <summary>Paragraphs of plain text.</summary>
/// <param name="Paragraphs">Shown in this order.</param>
public sealed record ProseBlock(params IReadOnlyList<string> Paragraphs) : ReportBlock;

/// <summary>Sentences one below the other, such as findings.</summary>
/// <param name="Items">Shown in this order.</param>
public sealed record ListBlock(params IReadOnlyList<string> Items) : ReportBlock;

/// <summary>Headline numbers as cards.</summary>
/// <param name="Figures">Three to five read best.</param>
public sealed record FiguresBlock(params IReadOnlyList<Figure> Figures) : ReportBlock;

/// <summary>One headline number.</summary>
/// <param name="Value">As it is to be read, e.g. <c>+4.2 points</c>.</param>
/// <param name="Label">What it is.</param>
/// <param name="Detail">Interval, n or comparison in small type.</param>
/// <param name="Tone">Whether it is good news.</param>
public sealed record Figure(string Value, string Label, string? Detail = null, Tone Tone = Tone.Neutral);

/// <summary>A picture with a caption.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Image">The picture.</param>
/// <param name="WidthPx">Width on the screen in CSS pixels; null means up to the column's width.</param>
public sealed record ImageBlock(string Caption, ReportImage Image, int? WidthPx = null) : ReportBlock;

/// <summary>An encoded picture, embedded as a data URI.</summary>
/// <param name="Data">A PNG or JPEG file's bytes.</param>
/// <param name="AltText">What a reader who cannot see it should know.</param>
/// <param name="Label">A word or two beneath it, e.g. <c>blurred</c>.</param>
/// <param name="Pixelated">Whether pixels stay square when enlarged; right for small rendered scenes, wrong for photographs.</param>
public sealed record ReportImage(ReadOnlyMemory<byte> Data, string AltText, string? Label = null, bool Pixelated = true);

/// <summary>Whether a number is good news, e.g. a paired difference to the baseline whose interval does not contain zero.</summary>
public enum Tone
{
    /// <summary>Neither, or not known.</summary>
    Neutral,

    /// <summary>Better than the baseline.</summary>
    Better,

    /// <summary>Worse than the baseline.</summary>
    Worse,
}

/// <summary>How a number is written. Missing and not-a-number are written as a dash.</summary>
public enum NumberFormat
{
    /// <summary>Three decimals: 0.731.</summary>
    Ratio,

    /// <summary>A fraction as per cent, one decimal: 73.1 %.</summary>
    Percent,

    /// <summary>A difference of fractions in percentage points, one decimal, with its sign: +4.2.</summary>
    PercentagePoints,

    /// <summary>Whole number with separators: 12,345.</summary>
    Count,

    /// <summary>Two decimals, for nats and seconds: 2.31.</summary>
    TwoDecimals,

    /// <summary>Four significant digits: 0.0002, 1235.</summary>
    General,
}
