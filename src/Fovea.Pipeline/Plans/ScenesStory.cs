using Fovea.Data.Scenes;
using Fovea.Pipeline.Stages;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>The plan on the built-in world: for each seed, language models, PRIOR, pre-training, VIG, tuning and their evaluation.</summary>
public static class ScenesStory
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

    private sealed class SeedPlan(PlanBuilder plan, RunConfig config, long seed)
    {
        private readonly ScenesData _data = config.Scenes!;
        private string _tokenizer = "", _train = "", _dialogues = "", _heldOut = "", _reference = "", _priorTrain = "";
        private string? _conflict, _folds;
        private string[] _foldReferences = [];

        public void Add()
        {
            AddData();
            AddReference();
            foreach (var family in config.Families)
            {
                AddPretraining(family);
            }

            if (config.Families.Contains(ModelFamily.H))
            {
                AddTokenScores();
                if (config.Tune is not null)
                {
                    AddTuning();
                }
            }
        }

        private string Name(string stage) => StoryNames.Stage(seed, stage);

        private void AddData()
        {
            _tokenizer = plan.Add(Name("tokenizer"), new TokenizerStage(), 0.2);
            _train = Scenes("train", _data.NumTrainScenes, dialogues: false);
            _heldOut = Scenes("held-out", _data.NumHeldOutScenes, dialogues: true, clean: true);
            if (config.Tune is not null)
            {
                _dialogues = Scenes("dialogues", _data.NumDialogueScenes, dialogues: true, captions: false);
            }

            if (_data.NumConflictScenes > 0)
            {
                _conflict = Scenes("conflict", _data.NumConflictScenes, dialogues: true, clean: true);
            }
        }

        private string Scenes(string split, int count, bool dialogues, bool captions = true, bool clean = false)
        {
            var spec = new SceneSpec
            {
                Seed = seed,
                Split = split,
                NumScenes = count,
                Bias = _data.Bias,
                Conflict = split == "conflict",
                NoiseRate = _data.NoiseRate,
                BoilerplateRate = _data.BoilerplateRate,
                WrongLabelRate = clean ? 0 : _data.WrongLabelRate,
                TextOnlyRecordRate = clean ? 0 : _data.TextOnlyRecordRate,
                QuestionsPerDialogue = _data.QuestionsPerDialogue,
                WithCaptions = captions,
                WithDialogues = dialogues,
            };
            return plan.Add(Name("data/" + split), new ScenesStage { Spec = spec }, 0.2 + (count * 0.0005));
        }

        private void AddReference()
        {
            // The reference reads the captions that pre-training learns from, and the dialogues where it is to judge those.
            var data = CaptionsOf(_train).Concat(config.Tune is null ? [] : DialoguesOf(_dialogues)).ToArray();
            var stage = new TrainStage
            {
                Preset = new PresetChoice { Name = "tiny-text-2" },
                Tokenizer = _tokenizer,
                Data = data,
                HeldOut = CaptionsOf(_heldOut),
                View = CorpusView.TextOnly,
                Training = config.Reference with { Seed = seed },
            };
            if (config.Prior.Folds >= 2)
            {
                AddFoldReferences(stage);
            }

            _reference = AddReferenceRun("reference", stage);
            if (config.ComparePrior)
            {
                var scores = plan.Add(Name("scores/prior-train"), ScorePrior(CaptionsOf(_train)), _data.NumTrainScenes * 0.0006);
                _priorTrain = plan.Add(Name("weights/prior"), new SelectStage { Scores = [scores], Method = SelectionMethod.Prior, Alpha = config.Prior.Alpha }, 1);
            }
        }

        // What is trained on for PRIOR's sake is scored without having been seen: the captions, and the dialogues where they are scored too.
        private void AddFoldReferences(TrainStage stage)
        {
            var dialogues = config.Tune is null ? [] : DialoguesOf(_dialogues);
            _folds = plan.Add(Name("folds"), new FoldsStage
            {
                Data = [.. CaptionsOf(_train), .. SelectsByReference ? dialogues : []],
                AlsoTrain = SelectsByReference ? [] : dialogues,
                Count = config.Prior.Folds,
                Seed = seed,
            }, 0.5);
            _foldReferences = [.. Enumerable.Range(0, config.Prior.Folds).Select(k => AddReferenceRun($"reference-fold-{k}", stage with { Folds = _folds, LeaveOutFold = k }))];
        }

        private bool SelectsByReference => config.Tune is not null && config.Vig.SelectBy == Core.Scores.Conditions.TextOnlyReference;

        private ScorePriorStage ScorePrior(IReadOnlyList<DataSource> data) => new()
        {
            Models = [.. (_folds is null ? [_reference] : _foldReferences).Select(StoryNames.ModelOf)],
            Folds = _folds,
            Data = data,
        };

        private string AddReferenceRun(string name, TrainStage stage) =>
            plan.Add(Name("lm/" + name), stage, TrainingCost(stage.Training.Steps ?? 1000, 0.5));

        private void AddPretraining(ModelFamily family)
        {
            // A language model that knows the captions by heart leaves little for the image to explain, so it reads dialogues alone.
            var text = Scenes($"text-{StoryNames.Of(family)}", _data.NumTextScenes, dialogues: true, captions: false);
            var lm = plan.Add(Name($"lm/{StoryNames.Of(family)}"), new TrainStage
            {
                Preset = new PresetChoice { Name = family == ModelFamily.H ? "tiny-text-2" : "tiny-text-4" },
                Tokenizer = _tokenizer,
                Data = DialoguesOf(text),
                View = CorpusView.TextOnly,
                Training = config.TextLm with { Seed = seed },
            }, TrainingCost(config.TextLm.Steps ?? 1000, family == ModelFamily.H ? 1.7 : 3));
            foreach (var arm in config.ComparePrior ? new[] { StoryNames.Ntp, StoryNames.Prior } : [StoryNames.Ntp])
            {
                var prior = arm == StoryNames.Prior;
                var model = plan.Add(Name($"pretrain/{StoryNames.Of(family)}-{arm}"), new TrainStage
                {
                    Preset = new PresetChoice { Name = family == ModelFamily.H ? "tiny-llava" : "tiny-solo" },
                    DecoderFrom = StoryNames.ModelOf(lm),
                    Tokenizer = _tokenizer,
                    Data = CaptionsOf(_train),
                    Weights = prior ? _priorTrain : null,
                    Training = config.Pretrain with { Seed = seed },
                }, TrainingCost(config.Pretrain.Steps ?? 1000, family == ModelFamily.H ? 1.2 : 2));
                Evaluate($"{StoryNames.Of(family)}-{arm}", model, dialogues: false);
            }
        }

        private void Evaluate(string name, string model, bool dialogues) => plan.Add(Name("eval/" + name), new EvalScenesStage
        {
            Model = StoryNames.ModelOf(model),
            Scenes = _heldOut,
            Conflict = _conflict,
            Captions = true,
            Dialogues = dialogues,
            MaxNewTokens = config.MaxNewTokens,
        }, _data.NumHeldOutScenes * (dialogues ? 0.03 : 0.015));

        private string Aligned => plan.PathOf(Name($"pretrain/h-{StoryNames.Ntp}"));

        private void AddTokenScores()
        {
            var vig = Score("vig-held-out", CaptionsOf(_heldOut), config.Vig.Proxies, _data.NumHeldOutScenes);
            var prior = plan.Add(Name("scores/prior-held-out"), new ScorePriorStage { Models = [StoryNames.ModelOf(_reference)], Data = CaptionsOf(_heldOut) }, 1);
            plan.Add(Name("eval/token-scores"), new TokenScoresStage { Vig = vig, Prior = prior, Scenes = _heldOut, Tokenizer = _tokenizer }, 1);
        }

        private string Score(string name, IReadOnlyList<DataSource> data, IReadOnlyList<string> proxies, int count) =>
            plan.Add(Name("scores/" + name), new ScoreVigStage { Model = StoryNames.ModelOf(Aligned), Data = data, Proxies = proxies }, count * 0.001 * (1 + proxies.Count));

        private void AddTuning()
        {
            string[] stores = [Score("vig-dialogues", DialoguesOf(_dialogues), StoryNames.ProxiesToSelectBy(config.Vig), _data.NumDialogueScenes)];
            if (SelectsByReference)
            {
                stores = [.. stores, plan.Add(Name("scores/prior-dialogues"), ScorePrior(DialoguesOf(_dialogues)), 2)];
            }

            foreach (var arm in TuningArm.All)
            {
                var weights = arm.Method is { } method ? plan.Add(Name("weights/" + arm.Key), new SelectStage
                {
                    Scores = stores,
                    Method = method,
                    Against = config.Vig.SelectBy,
                    P = config.Vig.P,
                    StrictPaper = config.Vig.StrictPaper,
                    Seed = seed,
                }, 1) : null;
                foreach (var budget in arm.DropsSamples ? new[] { TuningBudget.Epoch, TuningBudget.Steps } : [TuningBudget.Epoch])
                {
                    AddTuningRun(arm, budget, weights);
                }
            }
        }

        private void AddTuningRun(TuningArm arm, TuningBudget budget, string? weights)
        {
            var name = StoryNames.TuneRun(arm, budget);
            var tune = config.Tune! with { Seed = seed, Frozen = ["model.vision_tower"] };
            var steps = StoryNames.VanillaSteps(tune, _data.NumDialogueScenes);
            var model = plan.Add(Name("tune/" + name), new TrainStage
            {
                Model = StoryNames.ModelOf(Aligned),
                Data = DialoguesOf(_dialogues),
                Weights = weights,
                Training = budget == TuningBudget.Steps ? tune with { Steps = steps, Epochs = null } : tune,
            }, TrainingCost(steps, 1.4));
            Evaluate("tune-" + name, model, dialogues: true);
        }

        private static DataSource[] CaptionsOf(string scenes) => [new DataSource { File = Path.Combine(scenes, "captions.json"), Images = scenes }];

        private static DataSource[] DialoguesOf(string scenes) => [new DataSource { File = Path.Combine(scenes, "dialogues.json"), Images = scenes }];

        private static double TrainingCost(int steps, double perStep) => steps * 0.04 * perStep;
    }
}
