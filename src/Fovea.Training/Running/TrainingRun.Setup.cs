using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models.Families;
using Fovea.Training.Checkpoints;
using Fovea.Training.Examples;
using Fovea.Training.Memory;
using Fovea.Training.Objective;
using Fovea.Training.Optimization;
using Fovea.Training.Options;
using Fovea.Training.State;

namespace Fovea.Training.Running;

// How a run begins, anew or from a checkpoint, and what it leaves.
internal sealed partial class TrainingRun
{
    private readonly DecoderModel _model;
    private readonly TrainingJob _job;
    private readonly TrainingOptions _options;
    private readonly IProgressSink _progress;
    private readonly TrainingPlan _plan;
    private readonly RunMilestones _due;
    private readonly DataOrder _order;
    private readonly SamplePreparer _preparer;
    private readonly Prefetcher<long, PreparedSample[]> _batches;
    private readonly AdamW _optimizer;
    private readonly ParameterAverage? _average;
    private readonly TrainStep _step;
    private readonly HeldOutLoss? _heldOut;
    private readonly RunCheckpoints _checkpoints;
    private readonly RunNotices _notices;
    private readonly RunLog _log;
    private readonly FinalModels _models;
    private readonly long? _resumedFrom;
    private readonly UnusableSamples _unusable, _unusableHeldOut;

    public TrainingRun(TrainingJob job, IProgressSink progress)
    {
        var model = job.Model;
        (_model, _job, _options, _progress, _models) = (model, job, job.Options, progress, new FinalModels(model, job));
        var trained = job.Adapter?.Parameters ?? model.Parameters;
        CheckTower(model, _options);
        var rule = new ParameterRule(_options, [.. trained.Names]);
        _plan = TrainingPlan.Of(_options, job.Set.Count);
        _due = new RunMilestones(_options, _plan);
        _notices = new RunNotices(line => RunLog.Tell(progress, _state?.Step ?? 0, _plan.Steps, line));
        _unusable = new UnusableSamples(job.Invalid, _notices.Add);
        _unusableHeldOut = new UnusableSamples(job.HeldOutInvalid, line => _notices.Add("held-out sample: " + line));
        _order = _plan.Order(_options, job.Set);
        _preparer = new SamplePreparer(model, job.Images, _options.MaxLength, job.Set.Normalization);
        _batches = new Prefetcher<long, PreparedSample[]>(job.ImageThreads > 0,
            (step, unwanted) => _preparer.Prepare([.. _order.Batch(step).Select(i => job.Set.Examples[i])], job.ImageThreads, unwanted));
        var identity = job.Identity();
        model.Parameters.SetTrainable(_ => false);
        trained.SetTrainable(rule.Trains);
        var store = new CheckpointStore(Path.Combine(job.Folder, CheckpointStore.FolderName), _options.KeepCheckpoints, job.Files) { Pinned = _due.LastExtensible };
        var found = ResumePoint.Find(store, job.Options, identity, job.AnyThreadCount, _notices.Add);
        new MemoryPlanner(model, job.Adapter, _options).RequireFixed(job.Memory, job.MemoryGrowth);
        _optimizer = new AdamW(trained, new AdamWSettings(_options.Beta1, _options.Beta2, _options.Eps, _options.WeightDecay), rule.LearningRateScale);
        _average = _options.EmaDecay is { } decay ? new ParameterAverage(trained, decay) : null;
        _checkpoints = new RunCheckpoints(store, new Snapshot(trained, _optimizer, _average), job.Files);
        var layout = new StepLayout(
            _options.MicroBatchSize ?? _options.BatchSize, _options.Packing ? _options.PackLength ?? _options.MaxLength ?? model.MaxLength : null,
            (long)_options.MaxLogitsMib << 20, _options.GradientCheckpointing);
        var features = _options.CacheFeatures ? new FeatureCache(model, Path.Combine(job.Folder, "features"), _options.Precision) : null;
        _step = new TrainStep(model, _optimizer, layout, _options.ClipNorm, features, Contrastive(layout));
        _heldOut = job.HeldOut is { } held ? HeldOut(held, layout) : null;
        _state = (found ?? TrainerState.AtStart(identity)) with { Identity = identity };
        if (found is not null)
        {
            _checkpoints.Restore(found);
            _resumedFrom = found.Step;
            _unusable.Restore(found.Unusable);
            _unusableHeldOut.Restore(found.HeldOutUnusable);
        }

        _log = new RunLog(job.Folder, progress, _state.Step, _plan.Steps, _due);
    }

    // Its parameters are in a file of its own, so that no name among the model's says that they are asked for.
    private static void CheckTower(DecoderModel model, TrainingOptions options)
    {
        if (model is LlavaModel { Config.Vision.Onnx: { } onnx }
            && (options.Trainable.Contains(ParameterPart.Tower) || options.Objective == ObjectiveKind.Contrastive))
        {
            var key = options.Objective == ObjectiveKind.Contrastive ? "objective" : "trainable";
            throw new FoveaException($"training.{key}: the vision tower is the ONNX file {onnx.File}, which is never trained; train projector and decoder, or a "
                + "model whose tower is from scratch");
        }
    }

    private ContrastiveObjective? Contrastive(StepLayout layout) => _options.Objective != ObjectiveKind.Contrastive ? null
        : new ContrastiveObjective(_model as LlavaModel ?? throw TrainingOptions.NoTower($"a model of the family {_model.Family}"), _options.Temperature ?? ContrastiveObjective.DefaultTemperature, layout.MicroBatchSize);

    private HeldOutLoss HeldOut(TrainingSet held, StepLayout layout)
    {
        var preparer = new SamplePreparer(_model, _job.HeldOutImages, _options.MaxLength, held.Normalization);
        return new HeldOutLoss(_model, held, preparer, _unusableHeldOut.Take, layout, _job.ImageThreads);
    }

    private TrainingSummary Finish(MemoryPlan memory)
    {
        _notices.TellSkipped(_state.Counters, _state.Step);
        _checkpoints.Finish();
        _log.Sync();
        var best = _options.KeepBest ? _state.Best : null;
        var bestFolder = _checkpoints.PathOf(best, _notices.Add);
        best = bestFolder is null ? null : best;
        _notices.TellBest(_log.LowestHeldOut(), _lastEval, _state.Step, best is null ? null : FinalModels.BestName(_job));
        var models = _models.Write(_average, bestFolder, _options.ModelsAt ?? []);
        return new TrainingSummary
        {
            Steps = _state.Step,
            Counters = _state.Counters,
            FinalLoss = _state.LastLoss,
            HeldOutLoss = _lastEval,
            Best = best?.Step,
            BestHeldOutLoss = best?.Loss,
            ResumedFrom = _resumedFrom,
            Notices = _notices.Lines,
            ModelFolders = models,
            Memory = memory,
            PeakResidentBytes = ProcessMemory.Peak(),
        };
    }
}
