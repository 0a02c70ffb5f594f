using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Torch;
using Fovea.Verification;
using Fovea.Verification.Checks;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea verify PATH</c>: reference cases through the classes that training uses.</summary>
internal static class VerifyCommand
{
    private const int MostRowsOfAGroup = 8;

    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "A case, or a folder of cases (docs/verify.md says how they are laid out)." };
        var data = new Option<string[]>("--data")
        {
            Description = "Folder that inputs named data/... are looked for in; repeatable (default: data/ of FOVEA_TESTDATA or ../shared).",
            HelpName = "DIR",
            DefaultValueFactory = _ => [],
        };
        var threads = CommonOptions.Threads(1);
        var json = CommonOptions.Json();
        var command = new Command("verify", "Compares Fovea with reference values: hidden states, logits, losses, gradients, ids, pixels.") { path, data, threads, json };
        command.SetAction((parsed, _) => Guard.Run("fovea verify", stop =>
        {
            var screen = new Screen(parsed.GetValue(json));
            TorchRuntime.Start(parsed.GetValue(threads));
            string[] folders = parsed.GetValue(data)!;
            var missing = folders.FirstOrDefault(f => !Directory.Exists(f));
            if (missing is not null)
            {
                throw new InvalidInputException(missing, null, "not found; --data expects a folder");
            }

            var verifier = new Verifier(folders.Length > 0 ? folders : [DefaultData()]);
            var report = StageProgress.Show(screen, progress => verifier.Run(parsed.GetValue(path)!, progress, stop));
            Show(screen, report);
            if (report.NumFailed > 0)
            {
                throw new FoveaException($"{report.NumFailed} of {report.NumPassed + report.NumFailed} quantities differ from their references");
            }
        }));
        return command;
    }

    private static string DefaultData() => Path.Combine(Environment.GetEnvironmentVariable("FOVEA_TESTDATA") ?? Path.Combine("..", "shared"), "data");

    private static void Show(Screen screen, VerificationReport report)
    {
        if (screen.Json)
        {
            Console.WriteLine(Document(report).ToJsonString());
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("case", "quantity", "largest difference", "tolerance", "");
        foreach (var row in Rows(report.Checks))
        {
            table.AddRow([.. row.Select(c => new Markup(c))]);
        }

        screen.Results.Write(table);
        if (report.NumLater > 0)
        {
            Console.WriteLine($"{report.NumLater} later: reference values that this version does not compare");
        }

        Console.WriteLine($"{report.NumPassed} passed, {report.NumFailed} failed");
    }

    /// <summary>One row a quantity; where a folder or file holds many cases, one row for all of a quantity that passed.</summary>
    private static IEnumerable<string[]> Rows(IReadOnlyList<Check> checks)
    {
        foreach (var group in checks.GroupBy(c => (c.Kind, c.Verdict, Folder: c.Name.Contains('/', StringComparison.Ordinal) ? c.Name[..c.Name.LastIndexOf('/')] : c.Name, c.Quantity)))
        {
            var rows = group.ToList();
            if (group.Key.Verdict != Verdict.Passed || rows.Count <= MostRowsOfAGroup)
            {
                foreach (var check in rows)
                {
                    yield return Row(Markup.Escape(check.Name), check);
                }
            }
            else
            {
                var worst = rows.MaxBy(c => c.Tolerance > 0 ? c.Difference / c.Tolerance : c.Difference)!;
                yield return Row($"{Markup.Escape(group.Key.Folder)}/* ({rows.Count} cases)", worst);
            }
        }
    }

    private static string[] Row(string name, Check check) =>
    [
        name,
        Markup.Escape(check.Quantity),
        check.Difference is { } difference ? $"{difference:0.###e+0}" : "",
        check.Tolerance is { } tolerance ? tolerance == 0 ? "exact" : $"{tolerance:0.###e+0}" : "",
        check.Verdict switch
        {
            Verdict.Passed => "[green]passed[/]",
            Verdict.Failed => $"[red]FAILED[/] {Markup.Escape(check.Reason ?? "")}",
            _ => "later",
        },
    ];

    private static JsonObject Document(VerificationReport report) => new()
    {
        ["passed"] = report.NumPassed,
        ["failed"] = report.NumFailed,
        ["later"] = report.NumLater,
        ["cases"] = new JsonArray([.. report.Checks.Select(c => (JsonNode)new JsonObject
        {
            ["name"] = c.Name,
            ["kind"] = c.Kind,
            ["quantity"] = c.Quantity,
            ["difference"] = Finite(c.Difference),
            ["tolerance"] = Finite(c.Tolerance),
            ["passed"] = c.Verdict == Verdict.Later ? null : c.Verdict == Verdict.Passed,
            ["reason"] = c.Reason,
        })]),
    };

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null; // JSON has neither NaN nor infinity
}
