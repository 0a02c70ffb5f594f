using System.IO.Compression;
using System.Xml;

namespace Fovea.Evaluation.Answers.Reading;

/// <summary>The first sheet of an Excel workbook (<c>.xlsx</c>, ECMA-376), as VLMEvalKit writes predictions: texts of cells, without formulas and formats.</summary>
internal static class Workbook
{
    private static readonly XmlReaderSettings Plain = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    /// <summary>Whether a file is one, by its name.</summary>
    public static bool Is(string path) => Path.GetExtension(path).Equals(".xlsx", StringComparison.OrdinalIgnoreCase);

    /// <summary>Its rows.</summary>
    /// <exception cref="InvalidInputException">It is no workbook, or too large.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(string path, byte[] bytes)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            var sheet = archive.Entries.Where(e => e.FullName.StartsWith("xl/worksheets/", StringComparison.Ordinal)).MinBy(e => (e.Name.Length, e.Name))
                ?? throw new InvalidInputException(path, null, "holds no worksheet; expected an Excel workbook");
            List<string> shared = [];
            if (archive.GetEntry("xl/sharedStrings.xml") is { } strings)
            {
                using var texts = Open(path, strings);
                while (texts.ReadToFollowing("si"))
                {
                    shared.Add(Text(texts));
                }
            }

            using var rows = Open(path, sheet);
            return ReadRows(path, rows, shared);
        }
        catch (Exception e) when (e is InvalidDataException or XmlException)
        {
            throw new InvalidInputException(path, null, $"is no readable Excel workbook: {e.Message}", e);
        }
    }

    private static XmlReader Open(string path, ZipArchiveEntry entry) => entry.Length <= PackedFile.MostBytes ? XmlReader.Create(entry.Open(), Plain)
        : throw new InvalidInputException(path, null, $"{entry.FullName}: expected at most {PackedFile.MostBytes} bytes unpacked, got {entry.Length}");

    private static List<IReadOnlyList<string>> ReadRows(string path, XmlReader reader, List<string> shared)
    {
        var rows = new List<IReadOnlyList<string>>();
        var row = new List<string>();
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "row")
            {
                rows.Add(row = []);
            }
            else if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "c")
            {
                var (place, kind) = (reader.GetAttribute("r"), reader.GetAttribute("t"));
                var column = place is null ? row.Count : Column(place);
                if (column is < 0 or > 16383)
                {
                    throw new InvalidInputException(path, rows.Count, $"expected a cell such as B2, got '{Quoted.Shorten(place!)}'");
                }

                while (row.Count < column)
                {
                    row.Add("");
                }

                var text = Text(reader);
                row.Add(kind != "s" ? text
                    : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < shared.Count ? shared[at]
                    : throw new InvalidInputException(path, rows.Count, $"cell {place}: shared text {Quoted.Shorten(text)} is not in the workbook"));
            }
        }

        return rows;
    }

    // All text below this element that is a value: <v>, or <t> of runs; a phonetic reading is none.
    private static string Text(XmlReader reader)
    {
        var (text, isValue) = ("", false);
        using var below = reader.ReadSubtree();
        while (below.Read())
        {
            if (below.NodeType == XmlNodeType.Element && below.LocalName == "rPh")
            {
                below.Skip();
            }

            isValue = below.NodeType switch
            {
                XmlNodeType.Element => below.LocalName is "v" or "t" && !below.IsEmptyElement,
                XmlNodeType.EndElement => false,
                _ => isValue,
            };
            text += isValue && below.NodeType is not XmlNodeType.Element ? below.Value : "";
        }

        return text;
    }

    private static int Column(string place)
    {
        var column = 0;
        foreach (var c in place.TakeWhile(char.IsAsciiLetterUpper))
        {
            column = (column * 26) + (c - 'A' + 1);
            if (column > 20000)
            {
                return column;
            }
        }

        return column - 1;
    }
}
