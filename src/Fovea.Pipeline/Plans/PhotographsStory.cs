using Fovea.Models.Initialisation;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;
using Fovea.Training.Options;

namespace Fovea.Pipeline.Plans;

/// <summary>The plan on photographs with captions: reference, PRIOR, models, VIG of the words, and how much the right image helps on held-out photographs.</summary>
public static class PhotographsStory
{
    /// <summary>All stages of all seeds.</summary>
    public static IReadOnlyList<StageSpec> Plan(RunConfig config, string root)
    {
        var plan = new PlanBuilder(root);
        foreach (var seed in config.Seeds)
        {
            new SeedPlan(plan, config, seed).Add();
        }

        return plan.Stages;
    }

    /// <summary>The training photographs.</summary>
    public static IReadOnlyList<DataSource> Train(PhotographsData data) => Source(data, 0, data.NumTrain);

    /// <summary>The held-out photographs.</summary>
    public static IReadOnlyList<DataSource> HeldOut(PhotographsData data) => Source(data, data.NumTrain, data.NumHeldOut);

    private static DataSource[] Source(PhotographsData data, int skip, int take) =>
        [new DataSource { File = data.Captions, Images = data.Images, Format = DataFormat.Coco, FollowLinks = data.FollowLinks, SkipImages = skip, TakeImages = take }];

    private sealed class SeedPlan(PlanBuilder plan, RunConfig config, long seed)
    {
        private readonly PhotographsData _data = config.Photographs!;
        private string _reference = "", _weights = "";

        private IReadOnlyList<DataSource> Train => PhotographsStory.Train(_data);

        private IReadOnlyList<DataSource> HeldOut => PhotographsStory.HeldOut(_data);

        public void Add()
        {
            AddReference();
            foreach (var family in config.Families)
            {
                AddFamily(family);
            }
        }

        private string Name(string stage) => StoryNames.Stage(seed, stage);

        private PresetChoice Preset(string name) => new()
        {
            Name = name,
            Sizes = new PresetSizes { ImageSize = _data.ImageSize, PatchSize = _data.PatchSize, MaxPositions = 512 },
        };

        private void AddReference()
        {
            var stage = new TrainStage
            {
                Preset = new PresetChoice { Name = "tiny-text-2" },
                Tokenizer = _data.Tokenizer,
                Data = Train,
                HeldOut = HeldOut,
                View = CorpusView.TextOnly,
                Training = config.Reference with { Seed = seed },
            };
            var folds = config.Prior.Folds >= 2 ? plan.Add(Name("folds"), new FoldsStage { Data = Train, Count = config.Prior.Folds, Seed = seed }, 0.5) : null;
            string[] references = [.. Enumerable.Range(0, folds is null ? 0 : config.Prior.Folds)
                .Select(k => plan.Add(Name($"lm/reference-fold-{k}"), stage with { Folds = folds, LeaveOutFold = k }, Cost(config.Reference, 0.5)))];
            _reference = plan.Add(Name("lm/reference"), stage, Cost(config.Reference, 0.5));
            var scores = plan.Add(Name("scores/prior-train"), new ScorePriorStage
            {
                Models = [.. (folds is null ? [_reference] : references).Select(StoryNames.ModelOf)],
                Folds = folds,
                Data = Train,
            }, 3);
            plan.Add(Name("scores/prior-held-out"), new ScorePriorStage { Models = [StoryNames.ModelOf(_reference)], Data = HeldOut }, 1);
            _weights = plan.Add(Name("weights/prior"), new SelectStage { Scores = [scores], Method = SelectionMethod.Prior, Alpha = config.Prior.Alpha }, 1);
        }

        private void AddFamily(ModelFamily family)
        {
            var letter = StoryNames.Of(family);
            var lm = plan.Add(Name("lm/" + letter), new TrainStage
            {
                Preset = new PresetChoice { Name = family == ModelFamily.H ? "tiny-text-2" : "tiny-text-4", Sizes = new PresetSizes { MaxPositions = 512 } },
                Tokenizer = _data.Tokenizer,
                Data = Train,
                HeldOut = HeldOut,
                View = CorpusView.TextOnly,
                Training = config.TextLm with { Seed = seed },
            }, Cost(config.TextLm, 0.7));
            foreach (var arm in config.ComparePrior ? new[] { StoryNames.Ntp, StoryNames.Prior } : [StoryNames.Ntp])
            {
                var prior = arm == StoryNames.Prior;
                var model = plan.Add(Name($"pretrain/{letter}-{arm}"), new TrainStage
                {
                    Preset = Preset(family == ModelFamily.H ? "tiny-llava" : "tiny-solo"),
                    DecoderFrom = StoryNames.ModelOf(lm),
                    Tokenizer = _data.Tokenizer,
                    Data = Train,
                    Weights = prior ? _weights : null,
                    Training = config.Pretrain with { Seed = seed },
                }, Cost(config.Pretrain, family == ModelFamily.H ? 2 : 4));
                plan.Add(Name($"eval/{letter}-{arm}"), new EvalPhotographsStage { Model = StoryNames.ModelOf(model), HeldOut = HeldOut, Seed = seed }, 5);
                if (!prior)
                {
                    AddVig(letter, model);
                }
            }
        }

        private void AddVig(string letter, string model)
        {
            var train = Vig($"vig-train-{letter}", model, Train);
            var heldOut = Vig($"vig-held-out-{letter}", model, HeldOut);
            plan.Add(Name($"eval/words-{letter}"), new WordScoresStage
            {
                VigTrain = train,
                VigHeldOut = heldOut,
                PriorTrain = plan.PathOf(Name("scores/prior-train")),
                PriorHeldOut = plan.PathOf(Name("scores/prior-held-out")),
                Model = StoryNames.ModelOf(model),
                Train = Train,
                HeldOut = HeldOut,
                Against = StoryNames.ConditionOf(config.Vig.SelectBy),
                MinWordCount = _data.MinWordCount,
            }, 3);
        }

        private string Vig(string name, string model, IReadOnlyList<DataSource> data) => plan.Add(
            Name("scores/" + name), new ScoreVigStage { Model = StoryNames.ModelOf(model), Data = data, Proxies = config.Vig.Proxies }, 10);

        private static double Cost(TrainingOptions options, double perStep) => (options.Steps ?? 500) * 0.04 * perStep;
    }
}
