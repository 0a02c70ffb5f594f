using System.IO.Compression;
using Fovea.Core.Errors;
using Fovea.Evaluation.Answers.Reading;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class AnswerRecordsTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("a.json", "[{\"id\":1,\"text\":\"x\"},", "{\"id\":\"2\",\"text\":\"y, z\"}]")]
    [InlineData("a.jsonl", "{\"id\":1,\"text\":\"x\"}", "{\"id\":\"2\",\"text\":\"y, z\"}", "")]
    [InlineData("a.jsonl.gz", "{\"id\":1,\"text\":\"x\"}", "{\"id\":\"2\",\"text\":\"y, z\"}")]
    [InlineData("a.json.zst", "[{\"id\":1,\"text\":\"x\"},{\"id\":\"2\",\"text\":\"y, z\"}]")]
    [InlineData("a.json", "{", " \"id\": 1.0,", "\"text\":\"x\"}", "{\"id\":2,", "\"text\":\"y, z\"}")]
    [InlineData("a.json", "{\"config\":{},\"logs\":[{\"id\":1,\"text\":\"x\"},{\"id\":2,\"text\":\"y, z\"}]}")]
    [InlineData("a.csv", "id,text", "1,x", "2,\"y, z\"")]
    [InlineData("a.tsv", "id\ttext", "1\tx", "2\ty, z")]
    public void Every_form_of_a_file_gives_the_same_records(string name, params string[] lines)
    {
        var records = AnswerRecords.Read(_files.Write(name, lines), "logs");
        Assert.Equal([("1", "x"), ("2", "y, z")], records.Select(r => (r.Field("id").Id(), r.Text("text", ""))));
    }

    [Fact]
    public void The_first_sheet_of_a_workbook_is_read_with_shared_and_inline_texts()
    {
        var path = Path.Combine(_files.Folder, "a.xlsx");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            void Add(string name, string text)
            {
                using var writer = new StreamWriter(archive.CreateEntry(name).Open());
                writer.Write(text);
            }

            const string Space = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
            Add("xl/sharedStrings.xml", $"<sst {Space}><si><t>id</t></si><si><t>text</t></si><si><r><t>y, </t></r><r><t>z</t></r></si></sst>");
            Add("xl/worksheets/sheet2.xml", $"<worksheet {Space}/>");
            Add("xl/worksheets/sheet1.xml", $"""
                <worksheet {Space}><sheetData>
                <row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>
                <row r="2"><c r="A2"><v>1</v></c><c r="C2" t="inlineStr"><is><t xml:space="preserve">x</t></is></c></row>
                <row r="3"><c r="A3"><v>2</v></c><c r="B3"/><c r="C3" t="s"><v>2</v></c></row>
                </sheetData></worksheet>
                """);
        }

        Assert.Equal([("1", "x"), ("2", "y, z")], AnswerRecords.Read(path).Select(r => (r.Field("id").Id(), r.Text("text", ""))));
    }

    [Fact]
    public void What_a_small_file_unpacks_to_is_bounded()
    {
        var path = _files.Write("a.jsonl.gz", new string(' ', 100_000));
        Assert.Contains("expected at most 50000 bytes unpacked", Assert.Throws<InvalidInputException>(() => PackedFile.ReadAllBytes(path, 50_000)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.json", "record 1: expected an object, got a number (2)", "[{\"id\":1}, 2]")]
    [InlineData("a.csv", "a quotation mark is not closed; is the file cut short?", "id,text", "1,\"x")]
    [InlineData("a.csv", "is empty; expected a table with a head", "")]
    public void A_file_that_is_none_is_named(string name, string message, params string[] lines)
    {
        var path = _files.Write(name, lines);
        Assert.EndsWith(message, Assert.Throws<InvalidInputException>(() => AnswerRecords.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_short_in_packing_is_named()
    {
        var path = _files.Write("a.jsonl.gz", string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"id\":{i * 7919 % 5003}}}")));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..1000]);
        Assert.StartsWith(path, Assert.Throws<InvalidInputException>(() => AnswerRecords.Read(path)).Message, StringComparison.Ordinal);
    }
}
