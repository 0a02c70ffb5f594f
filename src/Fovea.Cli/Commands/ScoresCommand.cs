using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Store;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea scores info|show|verify|query|compare|import|export</c>: what a score store holds, and the way in and out.</summary>
internal static class ScoresCommand
{
    public static Command Create() => new("scores", "Examines score stores, and exchanges them with other engines.")
    {
        Info(), Show(), Words(), Agreement(), Verify(), Query(), ScoresExchange.Compare(), ScoresExchange.Import(), ScoresExchange.Export(),
    };

    private static Argument<string> Store() => new("STORE") { Description = "Folder of the score store." };

    private static Command Info()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        return new Command("info", "Shows what the store holds and how it was made.") { store, json }.Runs((parsed, _) =>
        {
            var reader = ScoreStoreReader.Open(parsed.GetValue(store)!, allowPartial: true);
            var (info, statistics) = (StoreInfo.Of(reader), StoreStatistics.Of(reader));
            new Screen(parsed.GetValue(json)).Show(() => StoreStatistics.AddTo(info, statistics), () =>
            {
                StatisticsText.Write(Console.Out, statistics);
                Console.WriteLine(string.Join(Environment.NewLine, StoreInfo.Lines(info)));
                Screen.Notice(StatisticsText.Warnings(statistics));
            });
        });
    }

    private static Command Show()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        var record = Numbers.Required("--record", "Index of the sample in its file, from 0.", "N", new Bounds<int>(AtLeast: 0));
        var source = new Option<string?>("--source") { Description = "Its file's name, where the store has several.", HelpName = "FILE" };
        return new Command("show", "Shows one sample, token by token.") { store, record, source, json }.Runs((parsed, _) =>
        {
            var reader = ScoreStoreReader.Open(parsed.GetValue(store)!, allowPartial: true);
            var sample = SampleView.Find(reader, parsed.GetValue(source), parsed.GetValue(record)).WithQuestions(reader.Folder);
            var screen = new Screen(parsed.GetValue(json));
            screen.Show(sample.ToJson, () => SampleText.Show(screen.Results, sample));
        });
    }

    private static Command Verify()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        return new Command("verify", "Checks every file against the manifest, its contents, and that no shard is missing.") { store, json }.Runs((parsed, _) =>
        {
            var folder = parsed.GetValue(store)!;
            string[] damage = [.. StoreInfo.FindDamage(folder)];
            new Screen(parsed.GetValue(json)).Show(
                () => new JsonObject { ["intact"] = damage.Length == 0, ["damage"] = new JsonArray([.. damage.Select(d => (JsonNode)d)]) },
                    () => Array.ForEach(damage, Console.WriteLine));
            if (damage.Length > 0)
            {
                throw new FoveaException($"{folder}: {damage.Length} damaged; run the scoring again to repeat what is named");
            }

            Screen.Notice($"{folder}: intact");
        });
    }

    private static Option<string?> Lexicon() => new("--lexicon")
    {
        Description = "Classes of words: WordNet's index.sense, for parts of speech, or lines of a word, a tab and its class (default: colours, positions, counts, attributes, function words, others).",
        HelpName = "FILE",
    };

    private static Command Words()
    {
        var (store, lexicon) = (Store(), Lexicon());
        return new StageOptions("Folder of the results.").AddTo(
            new Command("words", "Scores of words by class, with intervals over photographs: VIG in nats per word, and 1 - p_ref. Runs no model.") { store, lexicon },
            parsed => new StoredWordsStage { Scores = parsed.GetValue(store)!, Lexicon = parsed.GetValue(lexicon) });
    }

    private static Command Agreement()
    {
        var lexicon = Lexicon();
        var stores = new Argument<string[]>("STORES") { Description = "A store with VIG and PRIOR scores, or a VIG store and a PRIOR store of one corpus.", HelpName = "STORE", Arity = new ArgumentArity(1, 2) };
        return new StageOptions("Folder of the results.").AddTo(
            new Command("agreement", "Agreement of PRIOR and VIG: rank correlation over tokens, and the share of the top 10, 30 and 50 % by VIG that PRIOR has at its top too.") { stores, lexicon },
            parsed => new ScoreAgreementStage { Scores = parsed.GetValue(stores)!, Lexicon = parsed.GetValue(lexicon) });
    }

    private static Command Query()
    {
        var (store, json) = (Store(), CommonOptions.Json());
        var sql = new Argument<string>("SQL") { Description = "One SELECT over scores, vig, samples, tokens." };
        var memory = Numbers.Optional("--memory-limit", $"Most memory of the query in MiB (default: {ScoreQuery.DefaultMemoryMib}, or half of the machine's).",
            "MIB", new Bounds<int>(AtLeast: 1));
        return new Command("query", "Queries the store in SQL. Views: scores(source, record, id, position, token_id, token, condition, log_prob), vig(..., condition, vig), samples, tokens.") { store, sql, memory, json }.Runs((parsed, stop) =>
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
        });
    }
}
