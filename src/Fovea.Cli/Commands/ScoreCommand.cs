using System.CommandLine;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;
using Fovea.Scoring;
using Fovea.Scoring.Proxies;
using Fovea.Store;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea score prior|vig</c>: log-probabilities of every target, into a score store.</summary>
internal static class ScoreCommand
{
    private sealed class Shared
    {
        private readonly CorpusOptions _corpus = new();
        private readonly Option<string[]> _rename = CommonOptions.Rename();
        private readonly Option<int?> _tokenBudget = Numbers.Optional("--token-budget", "Most tokens of one batch (default: by the available memory; a store continues with what it was begun with).", "N", new Bounds<int>(AtLeast: 1));
        private readonly Option<int> _shardSamples = Numbers.Option("--shard-samples", "Samples of one shard: what an interrupted run loses at most.", "N", ScoreStoreWriter.MaxShardRows, new Bounds<int>(AtLeast: 1));
        private readonly Option<int?> _maxInvalid = CommonOptions.MaxInvalid();
        private readonly Option<OnBadSample> _onBadSample = CommonOptions.OnBadSample();
        private readonly Option<int?> _maxLength = Numbers.Optional("--max-length", "Cut samples to this many tokens (default: none is cut; training cuts by its own limit).", "N", new Bounds<int>(AtLeast: 1));
        private readonly Option<bool> _topOne = new("--top1") { Description = "Also store whether each target is the likeliest token." };
        private readonly Option<bool> _entropy = new("--entropy") { Description = "Also store the entropy at each target." };
        private readonly Option<bool> _logit = new("--logit") { Description = "Also store each target's raw logit." };
        private readonly StageOptions _run;

        // A list in both commands: the parser reads no list where exactly one value may be given.
        public Shared(string model, bool several, Option<int?>? imageThreads = null)
        {
            _run = new("Folder of the score store; an unfinished one is continued.") { Threads = CommonOptions.Threads(), ImageThreads = imageThreads, OverMemory = CommonOptions.AllowOverMemory() };
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

        public Option<string> Template { get; } = CommonOptions.Template();

        public Option<DType> Dtype { get; } = Names.Option<DType>("--dtype", "In which type the model computes; auto: bf16 where the weights are, else f32.", "TYPE");

        public Option<string> Device { get; } = CommonOptions.Device();

        public Command AddTo(Command command, Func<ParseResult, IStage> stage) => _run.AddTo(
            command.With([Model, .. _corpus.All, _rename, _tokenBudget, _shardSamples, _maxInvalid, _onBadSample, _maxLength, Template, Dtype, Device, _topOne, _entropy, _logit]), stage);

        public IReadOnlyList<DataSource> Source(ParseResult parsed) => Renamed.Apply([_corpus.Source(parsed)], parsed.GetValue(_rename)!);

        public ScoringOptions Scoring(ParseResult parsed, bool kl = false)
        {
            Array.ForEach(parsed.GetValue(Model)!, MissingModel.Require);
            return new()
            {
                TokenBudget = parsed.GetValue(_tokenBudget) ?? ScoringBudget.NumTokens(parsed.GetValue(_run.Out)!, parsed.GetValue(Model)![0]),
                ShardSamples = parsed.GetValue(_shardSamples),
                MaxInvalid = InvalidRecords.LimitOf(parsed.GetValue(_onBadSample), parsed.GetValue(_maxInvalid)),
                MaxLength = parsed.GetValue(_maxLength),
                TopOne = parsed.GetValue(_topOne),
                Entropy = parsed.GetValue(_entropy),
                Logit = parsed.GetValue(_logit),
                Kl = kl,
            };
        }
    }

    public static Command Create() => new("score", "Scores every target token, under an image, a visionless proxy or a text-only reference.")
    {
        Prior(),
        Vig(),
    };

    private static Command Prior()
    {
        var shared = new Shared("Text-only reference in Hugging Face form; with --folds repeat it, one per fold in their order.", several: true);
        var folds = new Option<string?>("--folds") { Description = "Fold assignment that 'fovea folds' wrote: each sample is scored by the reference that was trained without it.", HelpName = "DIR" };
        return shared.AddTo(new Command("prior", "Scores log p_ref of every target under a text-only reference (PRIOR).") { folds }, parsed => new ScorePriorStage
        {
            Models = parsed.GetValue(shared.Model)!,
            Folds = parsed.GetValue(folds),
            Data = shared.Source(parsed),
            Template = parsed.GetValue(shared.Template)!,
            Dtype = parsed.GetValue(shared.Dtype),
            Device = parsed.GetValue(shared.Device)!,
            Scoring = shared.Scoring(parsed),
            CheckAgain = true,
        });
    }

    private static Command Vig()
    {
        var shared = new Shared("Model folder in Hugging Face form.", several: false, CommonOptions.ImageThreads());
        var proxy = new Option<string[]>("--proxy") { Description = $"What replaces the image: {string.Join(", ", VisionlessProxies.BuiltIn.Select(p => $"{p.Name} ({p.Help})"))}. Repeatable.", DefaultValueFactory = _ => ["blur"], HelpName = "NAME" };
        var sigma = Numbers.Optional("--sigma", "Standard deviation of the blur, in pixels of the model's input (default: a quarter of its side); --proxy blur@S says the same.", "S", new Bounds<double>(Above: 0));
        var kl = new Option<bool>("--kl") { Description = "Also store how far each proxy's prediction is from that with the image, KL in nats." };
        return shared.AddTo(new Command("vig", "Scores log p of every target with the image and with a visionless proxy (VIG).") { proxy, sigma, kl }, parsed => new ScoreVigStage
        {
            Proxies = VisionlessProxies.WithSigma(parsed.GetValue(proxy)!, parsed.GetValue(sigma)),
            Model = parsed.GetValue(shared.Model)![0],
            Data = shared.Source(parsed),
            Template = parsed.GetValue(shared.Template)!,
            Dtype = parsed.GetValue(shared.Dtype),
            Device = parsed.GetValue(shared.Device)!,
            Scoring = shared.Scoring(parsed, parsed.GetValue(kl)),
            CheckAgain = true,
        });
    }
}
