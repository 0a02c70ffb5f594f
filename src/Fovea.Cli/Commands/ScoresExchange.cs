using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Store.Export;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea scores import|export|compare</c>: scores of other engines, and stores beside each other.</summary>
internal static class ScoresExchange
{
    public static Command Import()
    {
        var rows = new Option<string[]>("--rows") { Description = "File of rows (JSON Lines or Parquet); repeat it where several engines shared the work.", Required = true, HelpName = "FILE" };
        var (source, rename, template) = (new CorpusOptions(), CommonOptions.Rename(), CommonOptions.Template());
        var model = new Option<string>("--model") { Description = "Folder of the scoring model, for its tokenizer.", Required = true, HelpName = "DIR" };
        var engine = new Option<string>("--engine") { Description = "What computed the scores, kept with them.", DefaultValueFactory = _ => "not said", HelpName = "TEXT" };
        var (maxInvalid, onBadSample) = (CommonOptions.MaxInvalid(), CommonOptions.OnBadSample());
        return new StageOptions("Folder of the score store.").AddTo(
            new Command("import", "Makes a score store of log-probabilities that another engine computed (docs/import.md).")
                .With([rows, .. source.All, rename, model, template, engine, maxInvalid, onBadSample]), parsed => new ImportScoresStage
                {
                    Rows = parsed.GetValue(rows)!,
                    Data = Renamed.Apply([source.Source(parsed)], parsed.GetValue(rename)!),
                    Model = parsed.GetValue(model)!,
                    Template = parsed.GetValue(template)!,
                    Engine = parsed.GetValue(engine)!,
                    MaxInvalid = InvalidRecords.LimitOf(parsed.GetValue(onBadSample), parsed.GetValue(maxInvalid)),
                });
    }

    public static Command Export()
    {
        var store = new Argument<string>("STORE") { Description = "Folder of the score store." };
        var file = new Option<string>("--out", "-o") { Description = "FILE.jsonl or FILE.parquet.", Required = true, HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace an existing file that holds something else." };
        var json = CommonOptions.Json();
        return new Command("export", "Writes the store's samples as rows that 'scores import' and other tools read.") { store, file, force, json }.Runs((parsed, stop) =>
        {
            var reader = ScoreStoreReader.Open(parsed.GetValue(store)!);
            if (reader.ReadAhead().Where(r => r.LogProbs.Count > 0).Take(1).Any(r => r.TopOne.Count + r.Entropy.Count > 0))
            {
                Screen.Notice("top-1 flags and entropies are left out: rows hold log-probabilities");
            }

            var path = parsed.GetValue(file)!;
            var rows = ScoreRowsFile.Write(path, reader, parsed.GetValue(force), stop);
            Console.WriteLine(parsed.GetValue(json) ? new JsonObject { ["rows"] = rows, ["out"] = path }.ToJsonString(StageManifest.Json) : $"{rows} rows: {path}");
        });
    }

    public static Command Compare()
    {
        var (first, second) = (new Argument<string>("A") { Description = "Folder of a score store." }, new Argument<string>("B") { Description = "Folder of another one of the same corpus." });
        var top = Numbers.Option("--top", "Tokens to show of each score, those that differ most.", "N", 5, new Core.Configuration.Bounds<int>(AtLeast: 0, AtMost: 1000));
        var json = CommonOptions.Json();
        return new Command("compare", "Compares two score stores of one corpus: differences by token and by sample, agreement of ranks, where they part.") { first, second, top, json }.Runs((parsed, stop) =>
        {
            var (a, b) = (ScoreStoreReader.Open(parsed.GetValue(first)!), ScoreStoreReader.Open(parsed.GetValue(second)!));
            var comparison = StoreComparison.Of(a, b, parsed.GetValue(top), stop);
            var screen = new Screen(parsed.GetValue(json));
            screen.Show(comparison.ToJson, () => Screen.WriteLines(screen.Results, comparison.Lines()));
        });
    }
}
