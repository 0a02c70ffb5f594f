using System.Xml.Linq;
using Fovea.Reporting;
using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Reporting;

/// <summary>Captions and labels come from data: whatever they hold, they stay text.</summary>
public sealed class HostileTextTests
{
    private readonly List<string> _texts = [];

    [Fact]
    public void Hostile_text_in_every_field_stays_text()
    {
        var page = ReportMarkup.Parse(HtmlReport.Render(Document()));

        Assert.Single(page.Descendants("script"));
        Assert.Single(page.Descendants("style"));
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "b" or "iframe");
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        Assert.All(page.Descendants().Attributes("style"), a => Assert.Matches("^(--a:[0-9.]+|width:[0-9]+px)$", a.Value));
        Assert.All(page.Descendants("img").Attributes("src"), a => Assert.StartsWith("data:image/png;base64,", a.Value, StringComparison.Ordinal));

        // None was dropped or cut: each stands whole in a text or an attribute.
        var shown = string.Join('\n', page.DescendantNodes().OfType<XText>().Select(t => t.Value).Concat(page.Descendants().Attributes().Select(a => a.Value)));
        Assert.All(_texts, text => Assert.Contains(text, shown, StringComparison.Ordinal));
    }

    [Property]
    public bool Any_text_can_be_read_back_from_an_element_and_from_an_attribute(string? text)
    {
        var element = XElement.Parse(new Markup().Leaf("p", text, ("title", text ?? "")).ToString(), LoadOptions.PreserveWhitespace);
        var expected = Cleaned(text ?? "");
        return element.Value == expected && (string?)element.Attribute("title") == expected;
    }

    [Theory]
    [InlineData("a\0b", "a\uFFFDb")]
    [InlineData("a\u001Bb", "a\uFFFDb")]
    [InlineData("a\nb", "a b")]
    [InlineData("\U0001F600 & <", "\U0001F600 & <")]
    public void Characters_that_no_page_may_hold_are_replaced(string text, string expected) =>
        Assert.Equal(expected, XElement.Parse(new Markup().Leaf("p", text).ToString(), LoadOptions.PreserveWhitespace).Value);

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() =>
        Assert.Equal("<p>a\uFFFDb</p>", new Markup().Leaf("p", string.Concat("a", '\uD800', "b")).ToString());

    [Fact]
    public void An_element_left_open_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => new Markup().Open("p").ToString());

    private static string Cleaned(string text) => string.Concat(text.EnumerateRunes().Select(r => r.Value switch
    {
        '\t' or '\n' or '\r' => " ",
        < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF => "\uFFFD",
        _ => r.ToString(),
    }));

    private string Evil()
    {
        var text = $"{_texts.Count}</title></style></script><script>alert(1)</script>\" onload='x' <b> & ]]> --> <iframe src=//evil>";
        _texts.Add(text);
        return text;
    }

    private ReportDocument Document()
    {
        ReportImage Image() => ReportMarkup.Image with { AltText = Evil(), Label = Evil() };
        ChartAxis Axis() => new(Evil(), Evil());
        ReportBlock[] blocks =
        [
            new ProseBlock(Evil(), Evil()),
            new ListBlock(Evil(), Evil()),
            new TableBlock(Evil(), Evil(), [new(Evil())], [new(Evil(), [new(Evil(), Tone: Tone.Better, Lines: [Evil()])])], Evil()),
            new CurveBlock(Evil(), Axis(), Axis(), [new(Evil(), [0, 1], [1, 2]), new(Evil(), [0], [1])]),
            new DistributionBlock(Evil(), Axis(), [new(Evil(), [1, 2]), new(Evil(), [1])]),
            new BarBlock(Evil(), Axis(), [Evil()], [new(Evil(), [1]), new(Evil(), [2])]),
            new HeatmapTextBlock(Evil(), Image(), Image(), [new(Evil(), [new(Evil(), 1, Evil())], ShowClasses: true)], Evil()),
        ];
        return new ReportDocument(Evil(), Evil(), [new(Evil(), Evil(), blocks), new(Evil(), null, [])], [new(Evil(), Evil())], Evil());
    }
}
