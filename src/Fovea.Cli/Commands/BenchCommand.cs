using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Cli.Benches;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Torch;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea bench score|train</c>: how fast this machine scores and trains, beside the loops a user would write.</summary>
internal static class BenchCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var seq = new Option<int>("--seq") { Description = "Tokens of the one long sequence that is timed beside the shorter ones, 2 to 65536.", DefaultValueFactory = _ => 2048, HelpName = "N" };
        var train = One("train", "A training step, beside the plain TorchSharp loop and beside the machine's matmul rate.", (parsed, rounds, stop) =>
            parsed.GetValue(seq) is >= 2 and <= 65536 and var tokens
                ? new TrainBench(rounds, tokens, Screen.Notice).Run(stop)
                : throw new UsageException($"--seq: expected 2 to 65536, got {parsed.GetValue(seq)}"));
        train.Add(seq);
        return new Command("bench", "Measures Fovea on this machine: everything in one run, in turn, best of several.")
        {
            train,
            One("score", "Scoring, beside the loop a user would write and beside the machine's matmul rate.", (_, rounds, stop) => new ScoreBench(rounds, Screen.Notice).Run(stop)),
        };
    }

    private static Command One(string name, string description, Func<ParseResult, int, CancellationToken, JsonObject> run)
    {
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the best counts.", DefaultValueFactory = _ => 5, HelpName = "N" };
        var threads = CommonOptions.Threads();
        var json = CommonOptions.Json();
        var command = new Command(name, description) { rounds, threads, json };
        command.SetAction((parsed, _) => Guard.Run($"fovea bench {name}", stop =>
        {
            var screen = new Screen(parsed.GetValue(json));
            TorchRuntime.Start(parsed.GetValue(threads));
            var figures = run(parsed, Math.Max(1, parsed.GetValue(rounds)), stop);
            if (screen.Json)
            {
                var document = (JsonObject)figures.DeepClone();
                document["metrics"] = figures; // where every command's document has them
                document["run"] = JsonSerializer.SerializeToNode(new { threads = parsed.GetValue(threads), versions = BuildVersions.All(), machine = MachineReport.Examine() }, StageManifest.Json);
                Console.WriteLine(document.ToJsonString());
                return;
            }

            var table = new Table().Border(TableBorder.Simple).AddColumns("figure", "value");
            foreach (var (figure, value) in Flat(figures, ""))
            {
                table.AddRow(figure, value.ToString("0.###", CultureInfo.InvariantCulture));
            }

            screen.Results.Write(table);
        }));
        return command;
    }

    private static IEnumerable<(string Figure, double Value)> Flat(JsonObject figures, string prefix) =>
        figures.Where(f => f.Value is not null).SelectMany(f => f.Value is JsonObject inner ? Flat(inner, $"{prefix}{f.Key}.") : [($"{prefix}{f.Key}", f.Value!.GetValue<double>())]);
}
