using Fovea.Reporting.Documents;
using Fovea.Reporting.Html;

namespace Fovea.Reporting;

/// <summary>Renders a <see cref="ReportDocument"/> as one HTML file that asks for nothing from outside and reads well without scripts.</summary>
public static class HtmlReport
{
    /// <summary>The file's text. The same document gives the same text.</summary>
    /// <exception cref="Core.Errors.FoveaException">Lengths disagree within a block, or an image is neither PNG nor JPEG.</exception>
    public static string Render(ReportDocument document) => DocumentRenderer.Render(document);

    /// <summary>Renders and writes the file atomically as UTF-8.</summary>
    /// <exception cref="Core.Errors.FoveaException">See <see cref="Render"/>.</exception>
    public static void Write(string path, ReportDocument document)
    {
        Leftovers.RemoveOf(path);
        AtomicFile.WriteText(path, Render(document));
    }
}
