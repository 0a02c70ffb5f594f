namespace Fovea.Reporting.Documents;

/// <summary>One thing to look at.</summary>
public abstract record ReportBlock;

/// <summary>Paragraphs of plain text.</summary>
/// <param name="Paragraphs">Shown in this order.</param>
public sealed record ProseBlock(params IReadOnlyList<string> Paragraphs) : ReportBlock;

/// <summary>Sentences one below the other, such as findings.</summary>
/// <param name="Items">Shown in this order.</param>
public sealed record ListBlock(params IReadOnlyList<string> Items) : ReportBlock;

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

    /// <summary>Whole number with separators: 12,345.</summary>
    Count,

    /// <summary>Two decimals, for nats and seconds: 2.31.</summary>
    TwoDecimals,

    /// <summary>Four significant digits: 0.0002, 1235.</summary>
    General,
}
