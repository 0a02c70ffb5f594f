using Fovea.Reporting.Charts;
using Fovea.Reporting.Documents;

namespace Fovea.Reporting.Html;

/// <summary>The page around the blocks.</summary>
internal static class DocumentRenderer
{
    // Belt and braces: even if markup slipped in, the browser would load and run nothing but this file's own.
    private const string ContentPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

    public static string Render(ReportDocument document)
    {
        var page = new Markup();
        page.Trusted("<!DOCTYPE html>\n").Open("html", ("lang", "en")).Line();
        Head(page, document);
        page.Open("body").Line();
        page.Open("header", ("class", "top")).Open("div", ("class", "wrap"))
            .Leaf("p", "Fovea report", ("class", "kicker"))
            .Leaf("h1", document.Title);
        if (document.Warning is { Length: > 0 } warning)
        {
            page.Leaf("p", warning, ("class", "warning"), ("role", "note"));
        }

        page.Leaf("p", document.Lead, ("class", "lead")).Close().Close().Line();
        Contents(page, document.Sections);
        page.Open("main", ("class", "wrap")).Line();
        var colours = new SeriesColours(document);
        for (var i = 0; i < document.Sections.Count; i++)
        {
            Section(page, document.Sections[i], Anchor(i), colours);
        }

        Provenance(page, document.Provenance);
        page.Close().Line();
        page.Open("script").Trusted(Asset.Read("report.js")).Close();
        return page.Close().Close().Line().ToString();
    }

    private static void Head(Markup page, ReportDocument document)
    {
        page.Open("head")
            .Void("meta", ("charset", "utf-8"))
            .Void("meta", ("http-equiv", "Content-Security-Policy"), ("content", ContentPolicy))
            .Void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"))
            .Void("meta", ("name", "color-scheme"), ("content", "light dark"))
            .Leaf("title", document.Title)
            .Open("style").Trusted(Asset.Read("report.css")).Close()
            .Close().Line();
    }

    private static void Contents(Markup page, IReadOnlyList<ReportSection> sections)
    {
        if (sections.Count < 2)
        {
            return;
        }

        page.Open("nav", ("class", "contents"), ("aria-label", "Contents")).Open("div", ("class", "wrap"));
        for (var i = 0; i < sections.Count; i++)
        {
            page.Leaf("a", sections[i].Title, ("href", "#" + Anchor(i)));
        }

        page.Close().Close().Line();
    }

    private static void Section(Markup page, ReportSection section, string anchor, SeriesColours colours)
    {
        page.Open("section", ("id", anchor), ("aria-labelledby", anchor + "-title")).Leaf("h2", section.Title, ("id", anchor + "-title"));
        if (section.Prose is { Length: > 0 } prose)
        {
            page.Leaf("p", prose, ("class", "prose"));
        }

        foreach (var block in section.Blocks)
        {
            page.Line();
            BlockRenderer.Render(page, block, colours);
        }

        page.Close().Line();
    }

    private static void Provenance(Markup page, IReadOnlyList<KeyValue> facts)
    {
        if (facts.Count == 0)
        {
            return;
        }

        page.Open("section", ("class", "provenance"), ("aria-labelledby", "provenance-title")).Leaf("h2", "Provenance", ("id", "provenance-title")).Open("dl");
        foreach (var fact in facts)
        {
            page.Open("div").Leaf("dt", fact.Key).Leaf("dd", fact.Value).Close();
        }

        page.Close().Close().Line();
    }

    private static string Anchor(int section) => "s" + (section + 1).ToString(CultureInfo.InvariantCulture);
}
