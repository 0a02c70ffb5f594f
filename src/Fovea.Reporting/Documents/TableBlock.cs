namespace Fovea.Reporting.Documents;

/// <summary>A table. Values with intervals also get a small drawing of the interval, on the column's common scale.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="RowTitle">Heading over the rows' titles, e.g. <c>Method</c>.</param>
/// <param name="Columns">Columns after the row's title.</param>
/// <param name="Rows">Rows, each with as many cells as there are columns.</param>
/// <param name="Note">What the interval, n and seeds are.</param>
public sealed record TableBlock(
    string Caption, string RowTitle, IReadOnlyList<TableColumn> Columns, IReadOnlyList<TableRow> Rows, string? Note = null) : ReportBlock;

/// <summary>One column.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Format">How its numbers are written.</param>
/// <param name="HigherIsBetter">Which way is better; null where neither is.</param>

/// <param name="Decimals">Decimals of its numbers where the format's own are too few to tell them apart; null for the format's.</param>
public sealed record TableColumn(
    string Title, NumberFormat Format = NumberFormat.Ratio, bool? HigherIsBetter = null, int? Decimals = null);

/// <summary>One row.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Cells">One per column.</param>

public sealed record TableRow(string Title, IReadOnlyList<TableCell> Cells);

/// <summary>Text, or a value with its interval and count; all null shows a dash.</summary>
/// <param name="Text">Shown instead of a value.</param>
/// <param name="Value">In the column's unit.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Count">n. Where a whole column or row shares it, it is shown once in the heading.</param>
/// <param name="Tone">Better or worse than the baseline.</param>

/// <param name="Lines">Lines of small type beneath, e.g. the paired difference with its interval: seen on paper and on a phone too.</param>
public sealed record TableCell(
    string? Text = null, double? Value = null, double? Low = null, double? High = null, double? Count = null,
    Tone Tone = Tone.Neutral, IReadOnlyList<string>? Lines = null);
