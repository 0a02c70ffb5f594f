using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Torch;
using Fovea.Verification;
using Fovea.Verification.Checks;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea verify PATH</c>: reference cases through the classes that training uses.</summary>
internal static class VerifyCommand
{
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
        return new Command("verify", "Compares Fovea with reference values: hidden states, logits, losses, gradients, ids, pixels.") { path, data, threads, json }.Runs((parsed, stop) =>
        {
            var screen = new Screen(parsed.GetValue(json));
            TorchRuntime.Start(parsed.GetValue(threads));
            var verifier = Verifier.Over(parsed.GetValue(data)!);
            var report = StageProgress.Show(screen, progress => verifier.Run(parsed.GetValue(path)!, progress, stop));
            screen.Show(report.ToJson, () => Show(screen, report));
            if (report.NumFailed > 0)
            {
                throw new FoveaException($"{report.NumFailed} of {report.NumPassed + report.NumFailed} quantities differ from their references");
            }
        });
    }
    private static void Show(Screen screen, VerificationReport report)
    {
        screen.WriteTable(["case", "quantity", "largest difference", "tolerance", ""], report.Rows().Select(r => Row(Markup.Escape(r.Name), r.Check)));
        Console.WriteLine($"{report.NumPassed} passed, {report.NumFailed} failed");
    }

    private static string[] Row(string name, Check check) =>
    [
        name,
        Markup.Escape(check.Quantity),
        check.Difference is { } difference ? $"{difference:0.###e+0}" : "",
        check.Tolerance is { } tolerance ? tolerance == 0 ? "exact" : $"{tolerance:0.###e+0}" : "",
        check.Verdict == Verdict.Passed ? "[green]passed[/]" : $"[red]FAILED[/] {Markup.Escape(check.Reason ?? "")}",
    ];
}
