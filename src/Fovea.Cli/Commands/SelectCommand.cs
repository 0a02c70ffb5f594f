using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Stages;
using Fovea.Selection;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea select</c>: scores to kept samples and token weights.</summary>
internal static class SelectCommand
{
    private static readonly Bounds<decimal> Percent = new(Above: 0, AtMost: 100);

    public static Command Create()
    {
        var scores =
            new Option<string[]>("--scores") { Description = "Score store; repeat it to join stores of one corpus.", Required = true, HelpName = "STORE" };
        var reference = new Option<string?>("--reference-scores") { Description = "excess-loss: the reference model's store.", HelpName = "STORE" };
        var method =
            new Option<string>("--method") { Description = $"One of {string.Join(", ", Selectors.BuiltIn.Names)}, or a product such as prior*vig.", Required = true, HelpName = "METHOD" };
        var p = Numbers.Optional("--p", $"VIG: per cent of the samples kept; excess-loss: of the tokens (default: {VigOptions.PaperPercent}).", "P", Percent);
        var tokenP = Numbers.Optional("--token-p", "VIG: a separate threshold on tokens, which this per cent of them pass.", "P", Percent);
        var tokenTau = Numbers.Optional<double>("--token-tau", "VIG: the threshold on tokens, in nats.", "NATS");
        var alpha = Numbers.Optional("--alpha", "PRIOR: exponent of 1 - p_ref (default: 1).", "A", new Bounds<double>(AtLeast: 0));
        var against =
            new Option<string?>("--against") { Description = "VIG: the visionless condition (default: the store's only one).", HelpName = "CONDITION" };
        var strict = new Option<bool>("--strict-paper") { Description = "Mask each answer's end token like any other token." };
        var rename = CommonOptions.Rename();
        var seed = CommonOptions.Seed("Seed of the random methods (default: 1).");

        var command =
            new Command("select", "Derives kept samples and token weights from scores.") { scores, reference, method, p, tokenP, tokenTau, alpha, against, strict, rename, seed };
        command.Add(Listing.Option(Selectors.BuiltIn, "methods"));
        var uses = new (Option Option, string Reads)[]
        {
            (p, nameof(SelectorRequest.Percent)), (tokenP, nameof(SelectorRequest.TokenPercent)), (tokenTau, nameof(SelectorRequest.TokenTau)),
            (alpha, nameof(SelectorRequest.Alpha)), (against, nameof(SelectorRequest.Against)), (strict, nameof(SelectorRequest.StrictPaper)),
            (reference, nameof(SelectorRequest.HasReference)), (seed, nameof(SelectorRequest.Seed)),
        };
        return new StageOptions("Folder of the weights.").AddTo(command, parsed =>
        {
            var methods = Methods(parsed.GetValue(method)!);
            NoticeIdleOptions(parsed, methods, uses);
            return new SelectStage
            {
                Scores = parsed.GetValue(scores)!,
                ReferenceScores = parsed.GetValue(reference),
                Method = NameInConfigs(methods[0]),
                Times = [.. methods.Skip(1).Select(NameInConfigs)],
                P = parsed.GetValue(p) ?? VigOptions.PaperPercent,
                TokenP = parsed.GetValue(tokenP),
                TokenTau = parsed.GetValue(tokenTau),
                Alpha = parsed.GetValue(alpha) ?? 1,
                Against = parsed.GetValue(against),
                StrictPaper = parsed.GetValue(strict),
                Renames = Renamed.Parse(parsed.GetValue(rename)!),
                Seed = parsed.GetValue(seed) ?? 1,
            };
        });
    }

    private static IReadOnlyList<SelectorDefinition> Methods(string product)
    {
        try
        {
            return Selectors.BuiltIn.Parse(product);
        }
        catch (UsageException e)
        {
            throw new UsageException($"--method: {e.Message}");
        }
    }

    private static string NameInConfigs(SelectorDefinition method) => method.Name.Replace('-', '_');

    // An option that changes nothing was perhaps meant to change something.
    private static void NoticeIdleOptions(ParseResult parsed, IReadOnlyList<SelectorDefinition> methods, (Option Option, string Reads)[] uses)
    {
        foreach (var (option, reads) in uses.Where(u => parsed.GetResult(u.Option) is { Implicit: false } && !methods.Any(m => m.Reads.Contains(u.Reads))))
        {
            var users = Selectors.BuiltIn.Where(m => m.Reads.Contains(reads)).Select(m => m.Name);
            Screen.Notice($"{option.Name} has no effect with --method {string.Join('*', methods.Select(m => m.Name))}; it is for {string.Join(", ", users)}");
        }
    }
}
