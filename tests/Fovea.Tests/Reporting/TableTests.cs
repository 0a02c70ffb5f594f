using System.Xml.Linq;
using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;
using Xunit;

namespace Fovea.Tests.Reporting;

public sealed class TableTests
{
    [Theory]
    [InlineData(0.7314, NumberFormat.Ratio, "0.731")]
    [InlineData(0.7314, NumberFormat.Percent, "73.1\u2009%")]
    [InlineData(12345.0, NumberFormat.Count, "12,345")]
    [InlineData(-0.001, NumberFormat.TwoDecimals, "0.00")]
    [InlineData(0.00021, NumberFormat.General, "0.00021")]
    [InlineData(1234.56, NumberFormat.General, "1,235")]
    [InlineData(2e-9, NumberFormat.General, "2e\u22129")]
    [InlineData(0.0, NumberFormat.General, "0")]
    [InlineData(double.NaN, NumberFormat.Ratio, "\u2013")]
    [InlineData(double.NegativeInfinity, NumberFormat.Ratio, "\u2212\u221E")]
    public void Numbers_are_written_as_people_read_them(double value, NumberFormat format, string expected) =>
        Assert.Equal(expected, NumberText.Of(value, format));

    [Fact]
    public void A_cell_shows_its_value_its_interval_and_its_tone_without_colour()
    {
        var page = ReportMarkup.Of(new TableBlock(
            "t", "Method", [new("Invented", NumberFormat.Percent, false)], [new("VIG", [new(null, 0.122, 0.1, 0.144, Tone: Tone.Better)]),
                new("Blind", [new()])]));
        var cells = page.Descendants("td").ToList();
        Assert.Equal("12.2\u2009%", cells[0].WithClass("value").Single().Value);
        Assert.Equal("[10.0, 14.4]", cells[0].Element("small")!.Value);
        Assert.Equal("better", (string?)cells[0].WithClass("mark").Single().Attribute("aria-label"));
        Assert.Equal("\u25BC", cells[0].WithClass("mark").Single().Value);
        Assert.Equal("\u2013", cells[1].Value);
        Assert.Contains("\u2193 better", page.Descendants("thead").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_that_a_column_shares_is_written_once()
    {
        var page = Counted(new double?[,] { { 100, 7 }, { 100, 7 } });
        Assert.Equal(["n\u00A0100", "n\u00A07"], page.Descendants("thead").Descendants("small").Select(s => s.Value));
        Assert.Empty(page.Descendants("tbody").Descendants("small"));
    }

    [Fact]
    public void A_count_that_a_row_shares_is_written_beside_the_row()
    {
        var page = Counted(new double?[,] { { 100, 100 }, { 7, 7 } });
        Assert.Empty(page.Descendants("thead").Descendants("small"));
        Assert.Equal(["n\u00A0100", "n\u00A07"], page.Descendants("tbody").Descendants("th").Select(h => h.Element("small")!.Value));
    }

    [Fact]
    public void Counts_that_nobody_shares_are_written_in_their_cells()
    {
        var page = Counted(new double?[,] { { 1, 2 }, { 3, null } });
        Assert.Equal(["n\u00A01", "n\u00A02", "n\u00A03"], page.Descendants("td").Descendants("small").Select(s => s.Value));
    }

    [Fact]
    public void Intervals_of_a_column_are_drawn_on_one_scale()
    {
        var page = ReportMarkup.Of(new TableBlock("t", "", [new("A")],
            [new("a", [new(null, 0.5, 0, 1)]), new("b", [new(null, 0, 0, 0.5)]), new("c", [new("text")])]));
        Assert.Equal(["42", "4"], page.WithClass("whisker").Elements("circle").Select(c => (string)c.Attribute("cx")!));
    }

    [Fact]
    public void Text_is_aligned_to_the_start_and_numbers_to_the_end()
    {
        var page = ReportMarkup.Of(new TableBlock("t", "", [new("text"), new("number")], [new("a", [new("x"), new(Value: 1)])]));
        Assert.Equal(["start", "end"], page.Descendants("td").Select(c => (string)c.Attribute("class")!));
    }

    [Theory]
    [InlineData(4, "0.00")]
    [InlineData(0.1, "0.00")]
    [InlineData(0.01, "0.003")]
    [InlineData(0.002, "0.0028")]
    public void Words_have_as_many_decimals_as_their_scale_needs(double limit, string expected)
    {
        var page = ReportMarkup.Of(new HeatmapTextBlock("h", null, null, [new("VIG", [new("red", 0.0028)], Limit: limit)]));
        Assert.Equal(expected, page.WithClass("tok").Single().Elements("small").Single().Value);
    }

    [Fact]
    public void Words_carry_their_number_and_class_and_white_space_is_visible()
    {
        var page = ReportMarkup.Of(new HeatmapTextBlock("h", null, null,
            [new("VIG", [new("red", 1.5, "colour"), new("\n", -3), new(" ", double.NaN)], ShowClasses: true)]));
        var words = page.WithClass("tok").ToList();
        Assert.Equal(["red", "\u21B5", "\u2423"], words.Select(w => w.WithClass("word").Single().Value));
        Assert.Equal(["1.50", "\u22123.00", "\u2013"], words.Select(w => w.Elements("small").First().Value));
        Assert.Equal(["colour", "", ""], words.Select(w => w.WithClass("kind").Single().Value));
        Assert.Equal(["tok positive", "tok negative", "tok"], words.Select(w => (string)w.Attribute("class")!));
        Assert.Equal(["--a:0.375", "--a:0.75", null], words.Select(w => (string?)w.Attribute("style")));
        Assert.Equal("1.50 \u00B7 red \u00B7 colour", (string?)words[0].Attribute("title"));
    }

    [Fact]
    public void A_difference_is_written_in_the_page_and_not_only_on_hover()
    {
        var page = ReportMarkup.Of(new TableBlock("t", "", [new("NLL", Decimals: 4)],
            [new("PRIOR", [new(Value: 5.3273, Low: 5.2, High: 5.4, Lines: ["\u0394 +0.0003 [+0.0001, +0.0005]"])])]));
        var cell = page.Descendants("td").Single();
        Assert.Equal("5.3273", cell.WithClass("value").Single().Value);
        Assert.Equal("\u0394 +0.0003 [+0.0001, +0.0005]", cell.WithClass("line").Single().Value);
    }

    [Fact]
    public void A_warning_is_above_the_lead()
    {
        var page = ReportMarkup.Parse(Fovea.Reporting.HtmlReport.Render(new ReportDocument("Title", "Lead", [], [], "The model does not see yet.")));
        var texts = page.WithClass("top").Single().Descendants("p").Select(p => p.Value).ToList();
        Assert.Equal(["Fovea report", "The model does not see yet.", "Lead"], texts);
    }

    private static XElement Counted(double?[,] counts) => ReportMarkup.Of(new TableBlock(
        "t", "", [new("A"), new("B")],
        [.. Enumerable.Range(0, 2).Select(r => new TableRow("row", [.. Enumerable.Range(0, 2).Select(c => new TableCell(Value: 0.5, Count: counts[r, c]))]))]));
}
