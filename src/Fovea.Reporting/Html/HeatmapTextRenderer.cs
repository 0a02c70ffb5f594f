using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>Words coloured by value beside their image.</summary>
internal static class HeatmapTextRenderer
{
    public static void Render(Markup page, HeatmapTextBlock block)
    {
        page.Open("figure", ("class", "block heatmap")).Leaf("figcaption", block.Caption).Open("div", ("class", "heatmap-body"));
        if (block.Image is not null || block.Twin is not null)
        {
            page.Open("div", ("class", "images"));
            foreach (var image in new[] { block.Image, block.Twin }.OfType<ReportImage>())
            {
                ImageRenderer.Render(page, image);
            }

            page.Close();
        }

        page.Open("div", ("class", "words"));
        if (block.Prompt is { Length: > 0 } prompt)
        {
            page.Leaf("p", prompt, ("class", "prompt"));
        }

        foreach (var row in block.Rows)
        {
            Row(page, row);
        }

        page.Close().Close();

        page.Close();
    }

    private static void Row(Markup page, TokenRow row)
    {
        var colours = HeatColours.For(row);
        var decimals = Decimals(colours.Limit);
        page.Open("div", ("class", "token-row")).Open("div", ("class", "token-head")).Leaf("span", row.Name, ("class", "token-name"));
        Legend(page, row, colours);
        page.Close().Open("p", ("class", "tokens"));
        foreach (var token in row.Tokens)
        {
            var (side, strength) = colours.Of(token.Value);
            var tip = $"{NumberText.Of(token.Value, NumberFormat.TwoDecimals, decimals)} \u00B7 {Visible(token.Text)}";
            page.Open("span",
                ("class", "tok" + (side.Length > 0 ? " " + side : "")),
                ("style", strength > 0 ? "--a:" + strength.ToString("0.###", CultureInfo.InvariantCulture) : null),
                ("title", token.Class is { Length: > 0 } name ? $"{tip} \u00B7 {name}" : tip))
                .Leaf("span", Visible(token.Text), ("class", "word"))
                .Leaf("small", NumberText.Of(token.Value, NumberFormat.TwoDecimals, decimals));
            if (row.ShowClasses)
            {
                page.Leaf("small", token.Class ?? "", ("class", "kind"));
            }

            page.Close().Text(" ");
        }

        page.Close().Close();
    }

    // Two, or as many as a tenth of the scale needs: on a scale of 0.01 every word would be 0.00.
    private static int Decimals(double limit) => limit is > 0 and < 1 ? Math.Clamp(1 + (int)Math.Ceiling(-Math.Log10(limit) - 1e-9), 2, 6) : 2;

    private static void Legend(Markup page, TokenRow row, HeatColours colours)
    {
        page.Open("span", ("class", "heat-legend"));
        if (row.Scale == HeatScale.Diverging)
        {
            page.Leaf("span", NumberText.Of(-colours.Limit, NumberFormat.General)).Leaf("span", "", ("class", "ramp negative"), ("aria-hidden", "true"));
        }

        page.Leaf("span", "0")
            .Leaf("span", "", ("class", row.Scale == HeatScale.Diverging ? "ramp positive" : "ramp sequential"), ("aria-hidden", "true"))
            .Leaf("span", NumberText.Of(colours.Limit, NumberFormat.General));

        page.Close();
    }

    /// <summary>White space made visible, so that each word has something to see and to hover on.</summary>
    private static string Visible(string text) => string.IsNullOrWhiteSpace(text)
        ? (text.Contains('\n', StringComparison.Ordinal) ? "\u21B5" : "\u2423")
        : text.Trim();
}
