namespace Fovea.Reporting.Documents;

/// <summary>A report as pure data: it knows neither scenes nor models. All text is untrusted and shown as text.</summary>
/// <param name="Title">What was run, in a few words.</param>
/// <param name="Lead">The finding, in one or two sentences.</param>
/// <param name="Sections">Shown in this order.</param>
/// <param name="Provenance">What ran (config hash, commit, seed, versions), shown at the end.</param>
/// <param name="Warning">What a reader must know before anything else, shown above the lead; null for nothing.</param>
public sealed record ReportDocument(
    string Title, string Lead, IReadOnlyList<ReportSection> Sections, IReadOnlyList<KeyValue> Provenance, string? Warning = null);

/// <summary>A heading, a sentence or two (optional) and blocks.</summary>
/// <param name="Title">The heading; also the entry in the table of contents.</param>
/// <param name="Prose">What the section shows and how to read it.</param>
/// <param name="Blocks">Shown in this order.</param>
public sealed record ReportSection(string Title, string? Prose, IReadOnlyList<ReportBlock> Blocks);

/// <summary>One fact about the run.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value, shown in a fixed-width face.</param>
public sealed record KeyValue(string Key, string Value);
