using System.CommandLine;
using System.Globalization;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Data.Templates;
using Fovea.Scoring;
using Fovea.Store;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea score prior|vig</c>: log-probabilities of every target, into a score store.</summary>
internal static class ScoreCommand
{
    private sealed class Shared
    {
        public Option<string> Model { get; } = new("--model") { Description = "Model folder in Hugging Face form.", Required = true, HelpName = "DIR" };

        public Option<string> Data { get; } = new("--data") { Description = "Corpus: LLaVA JSON or JSON Lines, or COCO captions.", Required = true, HelpName = "FILE" };

        public Option<string?> Images { get; } = new("--images") { Description = "Folder of the images.", HelpName = "DIR" };

        public Option<DataFormat> Format { get; } = new("--format") { Description = "llava or coco." };

        public Option<string> Out { get; } = CommonOptions.Out("The score store; an unfinished one is continued.");

        public Option<int?> TokenBudget { get; } = new("--token-budget") { Description = "Most tokens of one batch (default: by the memory there is; a store goes on with what it began).", HelpName = "N" };

        public Option<int> ShardSamples { get; } = new("--shard-samples") { Description = "Samples of one shard: what a run that stops loses at most.", DefaultValueFactory = _ => ScoreStoreWriter.MaxShardRows, HelpName = "N" };

        public Option<int> MaxInvalid { get; } = new("--max-invalid") { Description = "Samples that may fail to be scored, and are listed with the reason.", HelpName = "N" };

        public Option<int?> MaxLength { get; } = new("--max-length") { Description = "Cut samples to this many tokens (default: none is cut; training cuts by its own limit).", HelpName = "N" };

        public Option<string> Template { get; } = ScoreCommand.Template();

        public Option<string> Dtype { get; } = new("--dtype") { Description = "auto (bf16 where the weights are, else f32), f32 or bf16.", DefaultValueFactory = _ => ScoringModel.Auto, HelpName = "TYPE" };

        public Option<bool> TopOne { get; } = new("--top1") { Description = "Also store whether each target is the likeliest token." };

        public Option<bool> Entropy { get; } = new("--entropy") { Description = "Also store the entropy at each target." };

        public Option<int> Threads { get; } = CommonOptions.Threads();

        public Option<bool> AllowOverMemory { get; } = CommonOptions.AllowOverMemory();

        public Option<bool> Json { get; } = CommonOptions.Json();

        public Command AddTo(Command command)
        {
            foreach (var option in new Option[] { Model, Data, Images, Format, Out, TokenBudget, ShardSamples, MaxInvalid, MaxLength, Template, Dtype, TopOne, Entropy, Threads, AllowOverMemory, Json })
            {
                command.Add(option);
            }

            return command;
        }

        public IReadOnlyList<DataSource> Source(ParseResult parsed) =>
            [new DataSource { File = parsed.GetValue(Data)!, Images = parsed.GetValue(Images), Format = parsed.GetValue(Format) }];

        public ScoringOptions Scoring(ParseResult parsed) => new()
        {
            TokenBudget = parsed.GetValue(TokenBudget) ?? MemoryPlan.TokenBudget(parsed.GetValue(Out)!, parsed.GetValue(Model)!),
            ShardSamples = parsed.GetValue(ShardSamples),
            MaxInvalid = parsed.GetValue(MaxInvalid),
            MaxLength = parsed.GetValue(MaxLength),
            TopOne = parsed.GetValue(TopOne),
            Entropy = parsed.GetValue(Entropy),
        };

        public void Run(ParseResult parsed, IStage stage, CancellationToken stop) => StageCommand.Run(
            stage, parsed.GetValue(Out)!, parsed.GetValue(Threads), Existing.Continue, new Screen(parsed.GetValue(Json)), stop, allowOverMemory: parsed.GetValue(AllowOverMemory));
    }

    /// <summary>Describes the command.</summary>
    public static Command Create() => new("score", "Scores every target token, under an image, a visionless proxy or a text-only reference.")
    {
        Prior(),
        Vig(),
    };

    /// <summary><c>--template</c>.</summary>
    public static Option<string> Template() => new("--template")
    {
        Description = "auto (captions plain, all else llava_v1, or the family's where the tokenizer has no </s>; as in training), checkpoint (the folder's own), or a name.",
        DefaultValueFactory = _ => TemplateChoice.Auto,
        HelpName = "NAME",
    };

    private static Command Prior()
    {
        var shared = new Shared();
        var command = shared.AddTo(new Command("prior", "log p_ref of every target under a text-only reference (PRIOR)."));
        command.SetAction((parsed, _) => Guard.Run("fovea score prior", stop =>
            shared.Run(parsed, new ScorePriorStage { Models = [parsed.GetValue(shared.Model)!], Data = shared.Source(parsed), Template = parsed.GetValue(shared.Template)!, Dtype = parsed.GetValue(shared.Dtype)!, Scoring = shared.Scoring(parsed), CheckAgain = true }, stop)));
        return command;
    }

    private static Command Vig()
    {
        var shared = new Shared();
        var proxy = new Option<string[]>("--proxy") { Description = "What stands for no vision: blur, none, black, mean, noise, other. Repeatable.", DefaultValueFactory = _ => ["blur"], HelpName = "NAME" };
        var sigma = new Option<double?>("--sigma") { Description = "Blur in pixels of the model's input (default: a quarter of its side).", HelpName = "S" };
        var command = shared.AddTo(new Command("vig", "log p of every target with the image and with a visionless proxy (VIG).") { proxy, sigma });
        command.SetAction((parsed, _) => Guard.Run("fovea score vig", stop =>
        {
            var suffix = parsed.GetValue(sigma) is { } s ? "@" + s.ToString(CultureInfo.InvariantCulture) : "";
            if (suffix.Length > 0 && !parsed.GetValue(proxy)!.Contains("blur"))
            {
                throw new UsageException($"--sigma: is the blur's; give it with --proxy blur, not with {string.Join(", ", parsed.GetValue(proxy)!)}");
            }

            var proxies = parsed.GetValue(proxy)!.Select(p => p == "blur" ? p + suffix : p).ToArray();
            shared.Run(parsed, new ScoreVigStage { Model = parsed.GetValue(shared.Model)!, Data = shared.Source(parsed), Proxies = proxies, Template = parsed.GetValue(shared.Template)!, Dtype = parsed.GetValue(shared.Dtype)!, Scoring = shared.Scoring(parsed), CheckAgain = true }, stop);
        }));
        return command;
    }
}
