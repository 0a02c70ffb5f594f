using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Models.Checkpoints;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea model</c>: looks at checkpoints.</summary>
internal static class ModelCommand
{
    private const int MostListed = 20;

    /// <summary>Describes the command.</summary>
    public static Command Create() => new("model", "Examines a model.") { Inspect() };

    private static Command Inspect()
    {
        var folder = new Argument<string>("DIR") { Description = "A model's folder, in any form that Fovea loads." };
        var tower = new Option<string?>("--tower") { Description = "Folder of the vision tower, where the model folder does not hold it.", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var command = new Command("inspect", "Shows what a model folder holds and what it needs in memory; reads no weights.") { folder, tower, json };
        command.SetAction((parsed, _) => Guard.Run("fovea model inspect", _ =>
        {
            var screen = new Screen(parsed.GetValue(json));
            MissingModel.Require(parsed.GetValue(folder)!);
            var found = ModelInspection.Read(parsed.GetValue(folder)!, new LoadOptions { TowerFolder = parsed.GetValue(tower) });
            if (screen.Json)
            {
                Console.WriteLine(JsonSerializer.Serialize(found, StageManifest.Json));
            }
            else
            {
                screen.Results.Write(Table(found));
            }
        }));
        return command;
    }

    private static Table Table(ModelInspection m)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("what", "found");
        void Row(string what, string found) => table.AddRow(Markup.Escape(what), Markup.Escape(found));
        Row("family", m.Tower is null ? m.Family : $"{m.Family} ({m.Decoder}, {m.Tower})");
        Row("layout", $"{m.Layout}, {m.Files} {(m.Files == 1 ? "file" : "files")}");
        Row("parameters", $"{Count(m.Parameters)} ({string.Join(", ", m.Parts.Select(p => $"{p.Key} {Count(p.Value)}"))})");
        Row("stored as", string.Join(", ", m.StoredTypes.Select(p => $"{p.Key} ({Count(p.Value)})")));
        Row("head", m.TiedHead ? "tied to the embedding" : "a separate tensor");
        Row("length", $"{m.MaxPositions} tokens{(m.TokensPerImage is { } tokens ? $", {tokens} an image" : "")}");
        Row("memory to load", $"{Bytes(m.Memory.Load)} as stored, {Bytes(m.Memory.LoadF32)} in f32; mapped from its files: almost none");
        Row("memory to score", $"{Bytes(m.Memory.Score)} as stored ({m.Memory.Tokens} tokens at a time)");
        Row("memory to train", $"{Bytes(m.Memory.Train)} (AdamW in f32, {m.Memory.Tokens} tokens at a time)");
        Row("can be loaded", m.Lacks is { } lacks ? $"not without {lacks}: give --tower"
            : m.Problems.Count == 0 ? "yes" : $"no: {m.Problems.Count} tensors do not fit config.json");
        foreach (var problem in m.Problems.Take(MostListed))
        {
            Row("", problem);
        }

        return table;
    }

    private static string Count(long n) => n switch
    {
        >= 1_000_000_000 => (n / 1e9).ToString("0.00 B", CultureInfo.InvariantCulture),
        >= 1_000_000 => (n / 1e6).ToString("0.0 M", CultureInfo.InvariantCulture),
        _ => n.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Bytes(long n) => n switch
    {
        >= 1L << 30 => (n / (double)(1L << 30)).ToString("0.0 GiB", CultureInfo.InvariantCulture),
        >= 1L << 20 => (n / (double)(1L << 20)).ToString("0.0 MiB", CultureInfo.InvariantCulture),
        _ => n.ToString("N0", CultureInfo.InvariantCulture) + " bytes",
    };
}
