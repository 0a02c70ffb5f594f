using System.CommandLine;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea select</c>: scores to kept samples and token weights.</summary>
internal static class SelectCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var scores = new Option<string[]>("--scores") { Description = "Score store; repeat it to join stores of one corpus.", Required = true, HelpName = "STORE" };
        var reference = new Option<string?>("--reference-scores") { Description = "excess-loss: the reference model's store.", HelpName = "STORE" };
        var method = new Option<string>("--method") { Description = "uniform, prior, vig, sample-only, token-only, random-tokens, random-samples, excess-loss, or a product such as prior*vig.", Required = true, HelpName = "METHOD" };
        var p = new Option<decimal>("--p") { Description = "VIG: per cent of the samples kept; excess-loss: of the tokens.", DefaultValueFactory = _ => 70, HelpName = "P" };
        var tokenP = new Option<decimal?>("--token-p") { Description = "VIG: a threshold on tokens of its own, passed by this per cent of them.", HelpName = "P" };
        var tokenTau = new Option<double?>("--token-tau") { Description = "VIG: the threshold on tokens, in nats.", HelpName = "NATS" };
        var alpha = new Option<double>("--alpha") { Description = "PRIOR: exponent of 1 - p_ref.", DefaultValueFactory = _ => 1, HelpName = "A" };
        var against = new Option<string?>("--against") { Description = "VIG: the visionless condition (default: the store's only one).", HelpName = "CONDITION" };
        var strict = new Option<bool>("--strict-paper") { Description = "Mask each answer's end token like any other token." };
        var seed = CommonOptions.Seed("Of the random methods.");
        var folder = CommonOptions.Out("Folder of the weights.");
        var json = CommonOptions.Json();
        var command = new Command("select", "Derives kept samples and token weights from scores.") { scores, reference, method, p, tokenP, tokenTau, alpha, against, strict, seed, folder, json };
        command.SetAction((parsed, _) => Guard.Run("fovea select", stop => StageCommand.Run(
            new SelectStage
            {
                Scores = parsed.GetValue(scores)!,
                ReferenceScores = parsed.GetValue(reference),
                Method = Methods(parsed.GetValue(method)!)[0],
                Times = Methods(parsed.GetValue(method)!)[1..],
                P = parsed.GetValue(p),
                TokenP = parsed.GetValue(tokenP),
                TokenTau = parsed.GetValue(tokenTau),
                Alpha = parsed.GetValue(alpha),
                Against = parsed.GetValue(against),
                StrictPaper = parsed.GetValue(strict),
                Seed = parsed.GetValue(seed) ?? 1,
            },
            parsed.GetValue(folder)!, 1, Existing.Refuse, new Screen(parsed.GetValue(json)), stop)));
        return command;
    }

    // "prior*vig": each of them, with or without dashes, or by the names that say where the threshold acts.
    private static SelectionMethod[] Methods(string text) => Array.ConvertAll(text.Split('*'), name =>
    {
        var plain = name.Trim().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        plain = plain switch { "sampleonly" => nameof(SelectionMethod.VigSamples), "tokenonly" => nameof(SelectionMethod.VigTokens), _ => plain };
        return Array.Find(Enum.GetValues<SelectionMethod>(), m => m.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase)) is var found
            && found.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase)
            ? found
            : throw new UsageException($"--method {name}: expected uniform, prior, vig, sample-only, token-only, random-tokens, random-samples, excess-loss or a product of them (a*b)");
    });
}
