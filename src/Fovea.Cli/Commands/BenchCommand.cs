using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Stages;
using Fovea.Torch;
using Fovea.Verification.Benches;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea bench score|train|ask</c>: how fast this machine scores, trains and answers, beside the loops a user would write.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var seq = Numbers.Option("--seq", "Tokens of the one long sequence that is timed beside the shorter ones.", "N", 2048, new Bounds<int>(AtLeast: 2, AtMost: 65536));
        var train = One("train", "Measures a training step against a plain TorchSharp loop and the machine's matmul rate.", (parsed, rounds, stop) => new TrainBench(rounds, parsed.GetValue(seq), Screen.Notice).Run(stop));
        train.Add(seq);
        var questions = Numbers.Option("--questions", "Questions to ask, six about each image; 3,000 take an hour or more on two processors.", "N", 96, new Bounds<int>(AtLeast: 1));
        var ask = One("ask", "Measures questions with short answers, several about each image, against a loop that asks one at a time.",
            (parsed, _, stop) => new AskBench(parsed.GetValue(questions), Screen.Notice).Run(stop), hasRounds: false);
        ask.Add(questions);
        return new Command("bench", "Measures Fovea on this machine: all variants in one run, in turn.")
        {
            train,
            ask,
            One("score", "Measures scoring against the loop that a user would write and the machine's matmul rate.", (_, rounds, stop) => new ScoreBench(rounds, Screen.Notice).Run(stop)),
        };
    }

    private static Command One(string name, string description, Func<ParseResult, int, CancellationToken, JsonObject> run, bool hasRounds = true)
    {
        var rounds = Numbers.Option("--rounds", "Rounds; the best one counts.", "N", 5, new Bounds<int>(AtLeast: 1));
        var threads = CommonOptions.Threads();
        var json = CommonOptions.Json();
        return new Command(name, description).With([.. hasRounds ? (Option[])[rounds] : [], threads, json]).Runs((parsed, stop) =>
        {
            var screen = new Screen(parsed.GetValue(json));
            TorchRuntime.Start(parsed.GetValue(threads));
            var figures = run(parsed, hasRounds ? parsed.GetValue(rounds) : 1, stop);
            screen.Show(
                () => new JsonObject(figures.Select(f => KeyValuePair.Create(f.Key, f.Value?.DeepClone())))
                {
                    ["metrics"] = figures, // where every command's document has them
                    ["run"] = JsonSerializer.SerializeToNode(new { threads = parsed.GetValue(threads), versions = BuildVersions.All(), machine = MachineReport.Examine() }, StageManifest.Json),
                },
                () => screen.WriteTable(["figure", "value"], Flat(figures, "").Select(f => (string[])[f.Figure, f.Value.ToString("0.###", CultureInfo.InvariantCulture)])));
        });
    }

    private static IEnumerable<(string Figure, double Value)> Flat(JsonObject figures, string prefix) =>
        figures.Where(f => f.Value is not null).SelectMany(f => f.Value is JsonObject inner ? Flat(inner, $"{prefix}{f.Key}.") : [($"{prefix}{f.Key}", f.Value!.GetValue<double>())]);
}
