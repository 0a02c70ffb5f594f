using System.Xml.Linq;
using Fovea.Reporting;
using Fovea.Reporting.Documents;

namespace Fovea.Tests.Reporting;

/// <summary>Reads a rendered report back as XML.</summary>
internal static class ReportMarkup
{
    /// <summary>A PNG file's first bytes are all that the report looks at.</summary>
    public static ReportImage Image => new(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }, "a scene");

    public static XElement Parse(string html) => XDocument.Parse(html, LoadOptions.PreserveWhitespace).Root!;

    public static XElement Of(params ReportBlock[] blocks) =>
        Parse(HtmlReport.Render(new ReportDocument("Title", "Lead", [new ReportSection("Section", null, blocks)], [])));

    public static IEnumerable<XElement> WithClass(this XElement root, string name) =>
        root.Descendants().Where(e => ((string?)e.Attribute("class") ?? "").Split(' ').Contains(name));
}
