using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Tables with intervals.</summary>
internal static class TableRenderer
{
    public static void Render(Markup page, TableBlock block)
    {
        foreach (var row in block.Rows.Where(r => r.Cells.Count != block.Columns.Count))
        {
            throw new FoveaException($"report table \"{block.Caption}\", row \"{row.Title}\": expected {block.Columns.Count} cells (one per column), "
                + $"got {row.Cells.Count}");
        }

        var counts = SharedCounts.Of(block);
        page.Open("div", ("class", "block table")).Open("div", ("class", "scroll"), ("role", "region"), ("aria-label", block.Caption), ("tabindex", "0"))
            .Open("table").Open("caption").Leaf("span", block.Caption).Close();
        page.Open("thead").Open("tr").Leaf("th", block.RowTitle, ("scope", "col"));
        for (var c = 0; c < block.Columns.Count; c++)
        {
            Header(page, block, c, counts.OfColumn(c));
        }

        page.Close().Close().Open("tbody");
        WhiskerColumn?[] whiskers = [.. Enumerable.Range(0, block.Columns.Count).Select(c => WhiskerColumn.Of(block.Rows.Select(r => r.Cells[c])))];
        foreach (var (row, r) in block.Rows.Select((row, r) => (row, r)))
        {
            page.Line().Open("tr").Open("th", ("scope", "row")).Text(row.Title);
            if (counts.OfRow(r) is { } n)
            {
                page.Leaf("small", NumberText.Count(n));
            }

            page.Close();
            for (var c = 0; c < block.Columns.Count; c++)
            {
                Cell(page, row.Cells[c], block.Columns[c], Alignment(block, c), whiskers[c], counts.ShowInCells);
            }

            page.Close();
        }

        page.Close().Close().Close().Close();
        BlockRenderer.Note(page, block.Note, Key(block));
    }

    private static void Header(Markup page, TableBlock block, int c, double? count)
    {
        var column = block.Columns[c];
        page.Open("th", ("scope", "col"), ("class", Alignment(block, c))).Text(column.Title);
        var detail = string.Join(" \u00B7 ", new[]
        {
            column.HigherIsBetter switch { true => "\u2191 better", false => "\u2193 better", null => null },
            count is { } n ? NumberText.Count(n) : null,
        }.OfType<string>());
        if (detail.Length > 0)
        {
            page.Leaf("small", detail);
        }

        page.Close();
    }

    private static void Cell(Markup page, TableCell cell, TableColumn column, string alignment, WhiskerColumn? whiskers, bool showCount)
    {
        var tone = cell.Tone switch { Tone.Better => "better", Tone.Worse => "worse", _ => null };
        page.Open("td", ("class", tone is null ? alignment : alignment + " " + tone));
        if (tone is not null)
        {
            // Before the value, so that digits stay aligned.
            page.Leaf("span", Mark(cell.Tone, column.HigherIsBetter), ("class", "mark"), ("role", "img"), ("aria-label", tone)).Text(" ");
        }

        page.Leaf("span", cell.Text ?? NumberText.Of(cell.Value, column.Format, column.Decimals), ("class", "value"));

        // A line each: side by side they would make wide tables wider than the page.
        string?[] details = [NumberText.Interval(cell.Low, cell.High, column.Format, column.Decimals),
            showCount && cell.Count is { } n ? NumberText.Count(n) : null];
        foreach (var detail in details.OfType<string>())
        {
            page.Leaf("small", detail);
        }

        whiskers?.Render(page, cell);
        foreach (var line in cell.Lines ?? [])
        {
            page.Leaf("small", line, ("class", "line"));
        }

        page.Close();
    }

    /// <summary>Filled is better and hollow is worse; where the column has a direction, the triangle shows the way the number went.</summary>
    private static string Mark(Tone tone, bool? higherIsBetter) => (tone, higherIsBetter) switch
    {
        (Tone.Better, true) => "\u25B2",
        (Tone.Better, false) => "\u25BC",
        (Tone.Worse, true) => "\u25BD",
        (Tone.Worse, false) => "\u25B3",
        (Tone.Better, _) => "\u25CF",
        _ => "\u25CB",
    };

    private static string? Key(TableBlock block) => block.Rows.Any(r => r.Cells.Any(c => c.Tone != Tone.Neutral))
        ? "Filled marks are better, hollow ones worse."
        : null;

    // To the start where all cells are text.
    private static string Alignment(TableBlock block, int c) =>
        block.Rows.Any(r => r.Cells[c].Text is not null) && block.Rows.All(r => r.Cells[c].Value is null) ? "start" : "end";
}
