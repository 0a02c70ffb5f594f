using System.CommandLine;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea select</c>: scores to kept samples and token weights.</summary>
internal static class SelectCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var scores = new Option<string[]>("--scores") { Description = "Score store; repeat it to join stores of one corpus.", Required = true, HelpName = "STORE" };
        var method = new Option<SelectionMethod>("--method") { Description = "uniform, prior, vig, vigsamples, vigtokens, randomtokens, randomsamples.", Required = true };
        var p = new Option<decimal>("--p") { Description = "VIG: per cent of the samples kept.", DefaultValueFactory = _ => 70, HelpName = "P" };
        var alpha = new Option<double>("--alpha") { Description = "PRIOR: exponent of 1 - p_ref.", DefaultValueFactory = _ => 1, HelpName = "A" };
        var against = new Option<string?>("--against") { Description = "VIG: the visionless condition (default: the store's only one).", HelpName = "CONDITION" };
        var strict = new Option<bool>("--strict-paper") { Description = "Mask each answer's end token like any other token." };
        var seed = CommonOptions.Seed("Of the random methods.");
        var folder = CommonOptions.Out("Folder of the weights.");
        var json = CommonOptions.Json();
        var command = new Command("select", "Derives kept samples and token weights from scores.") { scores, method, p, alpha, against, strict, seed, folder, json };
        command.SetAction((parsed, _) => Guard.Run("fovea select", stop => StageCommand.Run(
            new SelectStage
            {
                Scores = parsed.GetValue(scores)!,
                Method = parsed.GetValue(method),
                P = parsed.GetValue(p),
                Alpha = parsed.GetValue(alpha),
                Against = parsed.GetValue(against),
                StrictPaper = parsed.GetValue(strict),
                Seed = parsed.GetValue(seed) ?? 1,
            },
            parsed.GetValue(folder)!, 1, Existing.Refuse, new Screen(parsed.GetValue(json)), stop)));
        return command;
    }
}
