using Fovea.Data.Templates;
using Fovea.Verification.Checks;
using Fovea.Verification.Fixtures;

namespace Fovea.Verification.Text;

/// <summary>Records that must be refused, each by the name of the first rule it breaks.</summary>
internal static class InvalidRecordCases
{
    public static IEnumerable<FoundCase> Find(TextFixture file) => file.Json.List("cases").Select((c, i) =>
    {
        var record = c.Need("record");
        var id = record.Try("id") is null ? $"{i}" : record.Text("id");
        return new FoundCase($"{file.Name}/{id}", "invalid_records", checks => checks.Measure("error", () =>
        {
            var turns = record.List("conversations").Select(t => (t.Text("from"), t.Text("value"))).ToList();
            var broken = ConversationRules.FirstBroken(turns, TextFixture.Images(record).Count) ?? "none: ";
            return Difference.Same(c.Text("error"), broken.Split(':')[0]);
        }));
    });
}
