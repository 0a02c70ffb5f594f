using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Store.Export;
using Fovea.Store.Import;
using Fovea.Tests.Architecture;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Documents;

/// <summary>docs/import.md: its loops are short and write rows that are imported.</summary>
public sealed class ImportPageTests : IDisposable
{
    private const string StandIn = """
        class Logprob:
            def __init__(self, value): self.logprob = value
        class Output:
            def __init__(self, ids): self.prompt_logprobs = [None] + [{-1: Logprob(0.0), t: Logprob(-0.25 * i)} for i, t in enumerate(ids[1:], 1)]
        class SamplingParams:
            def __init__(self, **options): assert options["prompt_logprobs"] >= 0
        class LLM:
            def __init__(self, model, **options): pass
            def generate(self, prompts, params): return [Output(p["prompt_token_ids"]) for p in prompts]
        """;

    private readonly TemporaryFolder _folder = new();

    private static string[] Loops { get; } = [.. Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "import.md")), "```python\n(.*?)```",
        RegexOptions.Singleline).Select(m => m.Groups[1].Value)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_loop_has_at_most_forty_lines_and_writes_the_keys_of_a_row()
    {
        Assert.Equal(2, Loops.Length);
        Assert.All(Loops, loop => Assert.InRange(loop.Split('\n').Length, 1, 41));
        foreach (var (loop, conditions) in Loops.Zip(new string[][] { [Conditions.Image, Conditions.Visionless("black")], [Conditions.TextOnlyReference] }))
        {
            var written = Regex.Matches(loop[loop.IndexOf("out.write", StringComparison.Ordinal)..], "\"([a-z_.:]+)\":").Select(m => m.Groups[1].Value);
            Assert.Equal(["source", "record", "target_ids", .. conditions.Select(c => ScoreRow.LogProbPrefix + c)], written);
        }
    }

    [Fact]
    public void The_loop_for_vllm_writes_rows_that_are_imported()
    {
        Assert.SkipWhen(Start("--version") is not { ExitCode: 0 }, "no python3");
        var cancel = TestContext.Current.CancellationToken;
        SceneCorpusWriter.Write(new SceneSpec { Seed = 9, NumScenes = 12, TextOnlyRecordRate = 0.2 }, _folder["scenes"], new SilentProgress(), cancel);
        SceneTokenizer.Write(_folder["tokenizer"]);
        DataSource[] data = [new() { File = _folder["scenes/dialogues.json"] }];
        var corpus = ScoringCorpus.Open(data, _folder["tokenizer"], CorpusView.TextOnly, TokenizedCorpus.TemplateName, new InvalidRecords(0));
        ExportFile.Write(_folder["text.jsonl"], new WeightedRows(corpus, null, new ExportLayout(0, 1, null), cancel).Rows());
        File.WriteAllText(_folder["vllm.py"], StandIn);
        File.WriteAllText(_folder["loop.py"], Loops[1]);
        Assert.Equal((0, ""), (Start("loop.py") is { } run ? (run.ExitCode, run.StandardError.ReadToEnd()) : (1, "")));

        StageRunner.Run(new ImportScoresStage { Rows = [_folder["scores.jsonl"]], Data = data, Model = _folder["tokenizer"] },
            new StageContext(_folder["imported"], 1, new SilentProgress(), cancel), Existing.Refuse);
        var text = File.ReadLines(_folder["text.jsonl"]).Select(l => JsonNode.Parse(l)!).ToDictionary(r => (int)r["record"]!);
        var rows = ScoreStoreReader.Open(_folder["imported"]).Read().ToList();
        Assert.Equal(text.Count, rows.Count);
        foreach (var row in rows.Where(r => r.HasImage))
        {
            int[] places = [.. text[row.Key.Record]["labels"]!.AsArray().Index().Where(l => (int)l.Item! != ExportedSample.NoLabel).Select(l => l.Index)];
            Assert.Equal(places.Select(p => -0.25f * p), row.LogProbs[Conditions.TextOnlyReference]);
        }
    }

    private Process? Start(string script)
    {
        try
        {
            var process = Process.Start(new ProcessStartInfo("python3", script)
            {
                WorkingDirectory = _folder.Path,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            });
            process?.WaitForExit();
            return process;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
