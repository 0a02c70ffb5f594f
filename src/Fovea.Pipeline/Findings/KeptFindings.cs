using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Fovea.Core.Json;
using Fovea.Pipeline.Reports;
using Fovea.Reporting.Documents;

namespace Fovea.Pipeline.Findings;

/// <summary>Tables that a command kept in its folder, from which the report is made: scored answers, comparisons, gaps.</summary>
/// <param name="Title">The report's title.</param>
/// <param name="Lead">Its first sentence.</param>
/// <param name="Tables">The tables.</param>
/// <param name="Facts">What was read, and by which versions.</param>
public sealed record KeptFindings(string Title, string Lead, IReadOnlyList<FindingTable> Tables, IReadOnlyDictionary<string, string> Facts)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "findings.json";

    private static readonly JsonSerializerOptions Json = new(StrictJson.Indented) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    /// <summary>Writes them into a folder.</summary>
    public void Write(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Reads them back; null where the folder has none.</summary>
    /// <exception cref="InvalidInputException">The file is none of these.</exception>
    public static KeptFindings? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var stream = RegularFile.Open(path, RegularFile.MaxWhole);
            var kept = JsonSerializer.Deserialize<KeptFindings>(stream, Json);
            return kept is not null && kept.Tables.All(t => t.Rows.All(r => r.Cells.Count == t.Columns.Count)) ? kept
                : throw new InvalidInputException(path, null, "holds no tables, or a row with another number of cells than there are columns; give the folder that 'fovea eval' wrote");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"is not a readable file of findings: {JsonReason.InWords(e)}", e);
        }
    }

    /// <summary>The page: tables, and beneath them figures.</summary>
    public ReportDocument Document() => new(Title, Lead,
        [.. new[] { new ReportSection("Numbers", null, [.. Tables.Select(ReportTables.Block)]), new ReportSection("Figures", null, [.. Tables.SelectMany(ReportFigures.Of)]) }.Where(s => s.Blocks.Count > 0)],
        [.. Facts.Select(f => new KeyValue(f.Key, f.Value))], null);
}
