using System.Xml.Linq;
using Fovea.Core.Errors;
using Fovea.Reporting;
using Fovea.Reporting.Documents;
using Xunit;

namespace Fovea.Tests.Reporting;

public sealed class HtmlReportTests
{
    private static readonly string Html = HtmlReport.Render(SampleReport.Create(ReportMarkup.Image, ReportMarkup.Image));

    [Fact]
    public void The_same_document_gives_the_same_text() =>
        Assert.Equal(Html, HtmlReport.Render(SampleReport.Create(ReportMarkup.Image, ReportMarkup.Image)));

    [Fact]
    public void Every_image_is_embedded_and_every_link_stays_in_the_page()
    {
        var page = ReportMarkup.Parse(Html);
        var attributes = page.DescendantsAndSelf().Attributes().ToList();
        Assert.All(attributes.Where(a => a.Name.LocalName == "src"), a => Assert.StartsWith("data:image/png;base64,", a.Value, StringComparison.Ordinal));
        Assert.All(attributes.Where(a => a.Name.LocalName is "href" or "data" or "action" or "srcset" or "poster"),
            a => Assert.StartsWith("#", a.Value, StringComparison.Ordinal));
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "link" or "iframe" or "object" or "embed" or "base");
        Assert.DoesNotContain("http:", Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https:", Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch("""["'(]//""", Html);
    }

    [Fact]
    public void Ids_are_unique_and_contents_lead_to_sections()
    {
        var page = ReportMarkup.Parse(Html);
        string[] ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.Equal(ids.Distinct(), ids);
        string[] targets = [.. page.Descendants("a").Attributes("href").Select(a => a.Value[1..])];
        Assert.Equal(5, targets.Length);
        Assert.Subset(ids.ToHashSet(), targets.ToHashSet());
    }

    [Fact]
    public void Tables_have_captions_and_scopes_images_have_texts_and_drawings_have_names()
    {
        var page = ReportMarkup.Parse(Html);
        Assert.NotEmpty(page.Descendants("table"));
        Assert.All(page.Descendants("table"), t => Assert.NotEqual("", t.Element("caption")!.Value));
        Assert.All(page.Descendants("th"), h => Assert.True((string?)h.Attribute("scope") is "col" or "row"));
        Assert.All(page.Descendants("img"), i => Assert.NotEqual("", (string?)i.Attribute("alt")));
        Assert.All(page.Descendants("svg"), s => Assert.True(s.Attribute("aria-label") is not null || (string?)s.Attribute("aria-hidden") == "true"));
    }

    [Fact]
    public void Every_block_of_the_model_has_a_renderer_and_is_in_the_sample()
    {
        var sample = SampleReport.Create(ReportMarkup.Image).Sections.SelectMany(s => s.Blocks).Select(b => b.GetType()).ToHashSet();
        var model = typeof(ReportBlock).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ReportBlock)));
        Assert.Equal(model.ToHashSet(), sample);
    }

    [Fact]
    public void Writing_leaves_one_file_that_holds_what_was_rendered()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-report-");
        try
        {
            var path = Path.Combine(folder.FullName, "report.html");
            HtmlReport.Write(path, SampleReport.Create(ReportMarkup.Image, ReportMarkup.Image));
            Assert.Equal(Html, File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFiles(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void An_empty_document_is_a_page()
    {
        var page = ReportMarkup.Parse(HtmlReport.Render(new ReportDocument("", "", [], [])));
        Assert.Empty(page.Descendants("section"));
        Assert.Empty(page.Descendants("nav"));
    }

    [Fact]
    public void Empty_blocks_do_not_break()
    {
        var page = ReportMarkup.Of(
            new ProseBlock(), new TableBlock("t", "", [], []), new TableBlock("t", "", [new("c")], []), new CurveBlock("c", new("x"), new("y"), []),
            new DistributionBlock("d", new("x"), []), new BarBlock("b", new("x"), [], []), new HeatmapTextBlock("h", null, null, []));
        Assert.Equal(3, page.WithClass("chart").Count());
    }

    [Fact]
    public void An_image_that_is_neither_png_nor_jpeg_is_refused_in_one_line()
    {
        var error = Assert.Throws<FoveaException>(
            () => ReportMarkup.Of(new HeatmapTextBlock("c", new ReportImage("<svg onload='x'>"u8.ToArray(), "a chart"), null, [])));
        Assert.Equal("report image \"a chart\": expected a PNG or JPEG file, got 16 bytes that begin otherwise; encode the pixels first", error.Message);
    }

    [Fact]
    public void A_jpeg_is_named_by_its_bytes()
    {
        var page = ReportMarkup.Of(new HeatmapTextBlock("c",
            new ReportImage(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 }, "a photograph", Pixelated: false), null, []));
        Assert.Equal("data:image/jpeg;base64,/9j/4A==", (string?)page.Descendants("img").Single().Attribute("src"));
        Assert.Empty(page.WithClass("pixelated"));
    }
}
