using System.CommandLine;
using System.Globalization;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;
using Fovea.Scoring;
using Fovea.Store;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea score prior|vig</c>: log-probabilities of every target, into a score store.</summary>
internal static class ScoreCommand
{
    private sealed class Shared
    {
        // A list in both commands: the parser reads no list where exactly one value may be given.
        public Shared(string model, bool several)
        {
            Model = new("--model") { Description = model, Required = true, HelpName = "DIR" };
            if (!several)
            {
                Model.Validators.Add(found =>
                {
                    if (found.Tokens.Count > 1)
                    {
                        found.AddError($"--model: expected one model, got {found.Tokens.Count}.");
                    }
                });
            }
        }

        public Option<string[]> Model { get; }

        public Option<string> Data { get; } = CommonOptions.Data();

        public Option<string?> Images { get; } = CommonOptions.Images();

        public Option<DataFormat> Format { get; } = CommonOptions.Format();

        public Option<bool> FollowLinks { get; } = CommonOptions.FollowLinks();

        public Option<string[]> Rename { get; } = CommonOptions.Rename();

        public Option<string> Out { get; } = CommonOptions.Out("Folder of the score store; an unfinished one is continued.");

        public Option<int?> TokenBudget { get; } = Numbers.Optional("--token-budget", "Most tokens of one batch (default: by the available memory; a store continues with what it was begun with).", "N", new Bounds<int>(AtLeast: 1));

        public Option<int> ShardSamples { get; } = Numbers.Option("--shard-samples", "Samples of one shard: what an interrupted run loses at most.", "N", ScoreStoreWriter.MaxShardRows, new Bounds<int>(AtLeast: 1));

        public Option<int?> MaxInvalid { get; } = CommonOptions.MaxInvalid();

        public Option<OnBadSample> OnBadSample { get; } = CommonOptions.OnBadSample();

        public Option<int?> MaxLength { get; } = Numbers.Optional("--max-length", "Cut samples to this many tokens (default: none is cut; training cuts by its own limit).", "N", new Bounds<int>(AtLeast: 1));

        public Option<string> Template { get; } = CommonOptions.Template();

        public Option<string> Dtype { get; } = new("--dtype") { Description = "auto (bf16 where the weights are, else f32), f32 or bf16.", DefaultValueFactory = _ => ScoringModel.Auto, HelpName = "TYPE" };

        public Option<bool> TopOne { get; } = new("--top1") { Description = "Also store whether each target is the likeliest token." };

        public Option<bool> Entropy { get; } = new("--entropy") { Description = "Also store the entropy at each target." };

        public Option<int> Threads { get; } = CommonOptions.Threads();

        public Option<bool> AllowOverMemory { get; } = CommonOptions.AllowOverMemory();

        public Option<bool> Json { get; } = CommonOptions.Json();

        public Command AddTo(Command command)
        {
            foreach (var option in new Option[] { Model, Data, Images, Format, FollowLinks, Rename, Out, TokenBudget, ShardSamples, MaxInvalid, OnBadSample, MaxLength, Template, Dtype, TopOne, Entropy, Threads, AllowOverMemory, Json })
            {
                command.Add(option);
            }

            return command;
        }

        public IReadOnlyList<DataSource> Source(ParseResult parsed) =>
            Renamed.Apply([new DataSource { File = parsed.GetValue(Data)!, Images = parsed.GetValue(Images), Format = parsed.GetValue(Format), FollowLinks = parsed.GetValue(FollowLinks) }], parsed.GetValue(Rename)!);

        public ScoringOptions Scoring(ParseResult parsed)
        {
            Array.ForEach(parsed.GetValue(Model)!, MissingModel.Require);
            return new()
            {
                TokenBudget = parsed.GetValue(TokenBudget) ?? ScoringBudget.NumTokens(parsed.GetValue(Out)!, parsed.GetValue(Model)![0]),
                ShardSamples = parsed.GetValue(ShardSamples),
                MaxInvalid = InvalidRecords.LimitOf(parsed.GetValue(OnBadSample), parsed.GetValue(MaxInvalid)),
                MaxLength = parsed.GetValue(MaxLength),
                TopOne = parsed.GetValue(TopOne),
                Entropy = parsed.GetValue(Entropy),
            };
        }

        public void Run(ParseResult parsed, IStage stage, CancellationToken stop) => StageCommand.Run(
            stage, parsed.GetValue(Out)!, parsed.GetValue(Threads), Existing.Continue, new Screen(parsed.GetValue(Json)), stop, allowOverMemory: parsed.GetValue(AllowOverMemory));
    }

    /// <summary>Describes the command.</summary>
    public static Command Create() => new("score", "Scores every target token, under an image, a visionless proxy or a text-only reference.")
    {
        Prior(),
        Vig(),
    };

    private static Command Prior()
    {
        var shared = new Shared("Text-only reference in Hugging Face form; with --folds repeat it, one per fold in their order.", several: true);
        var folds = new Option<string?>("--folds") { Description = "Fold assignment that 'fovea folds' wrote: each sample is scored by the reference that was trained without it.", HelpName = "DIR" };
        var command = shared.AddTo(new Command("prior", "Scores log p_ref of every target under a text-only reference (PRIOR).") { folds });
        command.SetAction((parsed, _) => Guard.Run("fovea score prior", stop =>
            shared.Run(parsed, new ScorePriorStage { Models = parsed.GetValue(shared.Model)!, Folds = parsed.GetValue(folds), Data = shared.Source(parsed), Template = parsed.GetValue(shared.Template)!, Dtype = parsed.GetValue(shared.Dtype)!, Scoring = shared.Scoring(parsed), CheckAgain = true }, stop), Guard.Continued));
        return command;
    }

    private static Command Vig()
    {
        var shared = new Shared("Model folder in Hugging Face form.", several: false);
        var proxy = new Option<string[]>("--proxy") { Description = "What replaces the image: blur or blur@SIGMA, none (no image tokens), black, mean, noise, other (another sample's image). Repeatable.", DefaultValueFactory = _ => ["blur"], HelpName = "NAME" };
        var sigma = Numbers.Optional("--sigma", "Standard deviation of the blur, in pixels of the model's input (default: a quarter of its side); --proxy blur@S says the same.", "S", new Bounds<double>(Above: 0));
        var command = shared.AddTo(new Command("vig", "Scores log p of every target with the image and with a visionless proxy (VIG).") { proxy, sigma });
        command.SetAction((parsed, _) => Guard.Run("fovea score vig", stop =>
        {
            var suffix = parsed.GetValue(sigma) is { } s ? "@" + s.ToString(CultureInfo.InvariantCulture) : "";
            if (suffix.Length > 0 && !parsed.GetValue(proxy)!.Contains("blur"))
            {
                throw new UsageException($"--sigma applies to the blur; give it with --proxy blur, not with {string.Join(", ", parsed.GetValue(proxy)!)}");
            }

            var proxies = parsed.GetValue(proxy)!.Select(p => p == "blur" ? p + suffix : p).ToArray();
            shared.Run(parsed, new ScoreVigStage { Model = parsed.GetValue(shared.Model)![0], Data = shared.Source(parsed), Proxies = proxies, Template = parsed.GetValue(shared.Template)!, Dtype = parsed.GetValue(shared.Dtype)!, Scoring = shared.Scoring(parsed), CheckAgain = true }, stop);
        }, Guard.Continued));
        return command;
    }
}
