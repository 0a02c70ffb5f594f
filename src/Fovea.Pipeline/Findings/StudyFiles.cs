using System.Text;
using Fovea.Core.Text;
using Fovea.Pipeline.Reports;
using Fovea.Pipeline.Studies;

namespace Fovea.Pipeline.Findings;

/// <summary>The files of a study's results: <c>NAME.json</c>, the values, and what follows from them, <c>NAME.md</c> and <c>NAME.svg</c>.</summary>
public static class StudyFiles
{
    /// <summary>Writes all three into a folder.</summary>
    public static void Write(string folder, string name, StudyQuestions questions, StudyValues values, JsonObject defaults)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Path.Combine(folder, name + ".json"), values.ToJson());
        AtomicFile.WriteText(Path.Combine(folder, name + ".md"), Page(name, questions, values, defaults));
        AtomicFile.WriteText(Path.Combine(folder, name + ".svg"), StudyFindings.Figure(questions, values));
    }

    /// <summary>The page, in Markdown.</summary>
    /// <param name="name">The study's name.</param>
    /// <param name="questions">What was asked.</param>
    /// <param name="values">What was measured.</param>
    /// <param name="defaults">The plan's parameters; what was set otherwise is said.</param>
    public static string Page(string name, StudyQuestions questions, StudyValues values, JsonObject defaults)
    {
        var findings = StudyFindings.Of(questions, values);
        var page = new StringBuilder($"# {findings.Title}\n\nMade from `{name}.json` by `fovea reproduce {name} --from {name}.json`; ")
            .Append(CultureInfo.InvariantCulture, $"what was asked, and why: docs/studies/{name}.md.\n\n");
        var changed = Changed("", defaults, values.Parameters).ToArray();
        page.Append(CultureInfo.InvariantCulture,
            $"{(changed.Length == 0 ? "The plan as it is" : $"**Not the plan as it is**: {string.Join(", ", changed)}")}. ")
            .Append(CultureInfo.InvariantCulture,
                $"Seeds {string.Join(", ", values.Seeds)}; all stages together {Durations.InWords(values.CoreSeconds)} of processor time, ")
            .Append(CultureInfo.InvariantCulture,
                $"on {values.NumThreads} thread{(values.NumThreads == 1 ? "" : "s")} each; Fovea {values.Versions.GetValueOrDefault("fovea")}.\n\n")
            .Append(CultureInfo.InvariantCulture, $"{findings.HowToRead}\n");
        foreach (var table in findings.Tables)
        {
            Table(page, table);
        }

        return page.Append(CultureInfo.InvariantCulture, $"\n![{findings.Title}]({name}.svg)\n").ToString();
    }

    private static void Table(StringBuilder page, FindingTable table)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {table.Title}\n\n| | {string.Join(" | ", table.Columns.Select(c => c.Title))} |\n")
            .Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(table.Columns.Select(_ => "---|"))}\n");
        foreach (var row in table.Rows)
        {
            var cells = row.Cells.Select((c, i) => c.Text ?? FindingNumbers.WithInterval(c, table.Columns[i].Style));
            page.Append(CultureInfo.InvariantCulture, $"| {row.Title.Replace("|", "\\|", StringComparison.Ordinal)} | {string.Join(" | ", cells)} |\n");
        }
    }

    private static IEnumerable<string> Changed(string path, JsonNode? before, JsonNode? now) => before is JsonObject b && now is JsonObject n
        ? b.Select(m => m.Key).Union(n.Select(m => m.Key)).SelectMany(k => Changed(path.Length == 0 ? k : $"{path}.{k}", b[k], n[k]))
        : JsonNode.DeepEquals(before, now) ? [] : [$"{path} = {now?.ToJsonString() ?? "null"}"];
}
