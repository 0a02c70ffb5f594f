using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Pipeline.Scores;
using Fovea.Store;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea scores info|show|verify|query</c>: looks into a score store.</summary>
internal static class ScoresCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create() => new("scores", "Examines a score store.") { Info(), Show(), Verify(), Query() };

    private static Argument<string> Store() => new("STORE") { Description = "Folder of the score store." };

    private static Command Info()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        var command = new Command("info", "Shows what the store holds and how it was made.") { store, json };
        command.SetAction((parsed, _) => Guard.Run("fovea scores info", _ =>
        {
            var reader = ScoreStoreReader.Open(parsed.GetValue(store)!, allowPartial: true);
            var statistics = StoreStatistics.Of(reader);
            if (parsed.GetValue(json))
            {
                var document = StoreInfo.Of(reader);
                StoreStatistics.AddTo(document, statistics);
                Console.WriteLine(document.ToJsonString(StageManifest.Json));
                return;
            }

            StatisticsText.Write(Console.Out, statistics);
            Console.WriteLine(string.Join(Environment.NewLine, StoreInfo.Lines(StoreInfo.Of(reader))));
            Screen.Notice(StatisticsText.Warnings(statistics));
        }));
        return command;
    }

    private static Command Show()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        var record = Numbers.Required("--record", "Index of the sample in its file, from 0.", "N", new Bounds<int>(AtLeast: 0));
        var source = new Option<string?>("--source") { Description = "Its file's name, where the store has several.", HelpName = "FILE" };
        var command = new Command("show", "Shows one sample, token by token.") { store, record, source, json };
        command.SetAction((parsed, _) => Guard.Run("fovea scores show", _ =>
        {
            var reader = ScoreStoreReader.Open(parsed.GetValue(store)!, allowPartial: true);
            var sample = SampleView.Find(reader, parsed.GetValue(source), parsed.GetValue(record)).WithQuestions(reader.Folder);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(sample.ToJson().ToJsonString(StageManifest.Json));
                return;
            }

            SampleText.Show(new Screen(json: false).Results, sample);
        }));
        return command;
    }

    private static Command Verify()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        var command = new Command("verify", "Checks every file against the manifest, its contents, and that no shard is missing.") { store, json };
        command.SetAction((parsed, _) => Guard.Run("fovea scores verify", _ =>
        {
            var folder = parsed.GetValue(store)!;
            string[] damage = [.. StoreInfo.FindDamage(folder)];
            if (parsed.GetValue(json))
            {
                Console.WriteLine(new JsonObject { ["intact"] = damage.Length == 0, ["damage"] = new JsonArray([.. damage.Select(d => (JsonNode)d)]) }.ToJsonString(StageManifest.Json));
            }
            else
            {
                Array.ForEach(damage, Console.WriteLine);
            }

            if (damage.Length > 0)
            {
                throw new FoveaException($"{folder}: {damage.Length} damaged; run the scoring again to repeat what is named");
            }

            Screen.Notice($"{folder}: intact");
        }));
        return command;
    }

    private static Command Query()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        var sql = new Argument<string>("SQL") { Description = "One SELECT over scores, vig, samples, tokens." };
        var memory = Numbers.Optional("--memory-limit", $"Most memory of the query in MiB (default: {ScoreQuery.DefaultMemoryMib}, or half of the machine's).", "MIB", new Bounds<int>(AtLeast: 1));
        var command = new Command("query", "Queries the store in SQL. Views: scores(source, record, id, position, token_id, token, condition, log_prob), vig(..., condition, vig), samples, tokens.") { store, sql, memory, json };
        command.SetAction((parsed, _) => Guard.Run("fovea scores query", stop =>
        {
            var limit = parsed.GetValue(memory);
            using var query = ScoreQuery.Open(ScoreStoreReader.Open(parsed.GetValue(store)!, allowPartial: true), limit, stop);
            MemoryCeiling.Set(limit ?? ScoreQuery.DefaultMib);
            using var answer = query.Run(parsed.GetValue(sql)!, whole: parsed.GetValue(json));
            using var output = Console.OpenStandardOutput();
            if (parsed.GetValue(json))
            {
                QueryOutput.WriteJson(answer, output);
                return;
            }

            using var text = new StreamWriter(output);
            QueryOutput.WriteText(answer, text);
        }));
        return command;
    }
}
