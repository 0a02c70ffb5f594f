using System.Diagnostics;
using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Torch;
using Fovea.Training.Checkpoints;
using Fovea.Training.Examples;
using Fovea.Training.Memory;
using Fovea.Training.Optimization;
using Fovea.Training.Options;

namespace Fovea.Training.Running;

/// <summary>The state of a run between its steps, and the loop over them.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const int CollectEvery = 10;

    private readonly DecoderModel _model;
    private readonly TrainingJob _job;
    private readonly TrainingOptions _options;
    private readonly IProgressSink _progress;
    private readonly TrainingPlan _plan;
    private readonly DataOrder _order;
    private readonly SamplePreparer _preparer;
    private readonly RunIdentity _identity;
    private readonly AdamW _optimizer;
    private readonly ParameterAverage? _average;
    private readonly TrainStep _step;
    private readonly HeldOutLoss? _heldOut;
    private readonly CheckpointStore _checkpoints;
    private readonly CheckpointWriter _writer;
    private readonly Snapshot _snapshot;
    private readonly RunNotices _notices;
    private readonly RunLog _log;
    private readonly long? _resumedFrom;
    private readonly UnusableSamples _unusable;
    private TrainingCounters _sums = new();
    private LossWatch _loss = new();
    private BestCheckpoint? _best;
    private double? _lastLoss, _lastEval;
    private long _done;
    private long? _lastSaved;

    public TrainingRun(DecoderModel model, TrainingJob job, IProgressSink progress)
    {
        (_model, _job, _options, _progress) = (model, job, job.Options, progress);
        var trained = job.Adapter?.Parameters ?? model.Parameters;
        var rule = new ParameterRule(_options, trained);
        _plan = TrainingPlan.Of(_options, job.Set.Count);
        _notices = new RunNotices(line => RunLog.Tell(progress, _done, _plan.Steps, line));
        _unusable = new UnusableSamples(job.Invalid, _notices.Add);
        _order = _plan.Order(_options, job.Set);
        _preparer = new SamplePreparer(model, job.Images, _options.MaxLength, job.Set.Normalization);
        _identity = RunIdentity.Of(job);
        model.Parameters.SetTrainable(_ => false);
        trained.SetTrainable(rule.Trains);
        _checkpoints = new CheckpointStore(Path.Combine(job.Folder, CheckpointStore.FolderName), _options.KeepCheckpoints, job.Files) { Pinned = LastExtensible };
        bool Extends(TrainerState found) => RunExtension.IsAskedFor(found.Identity.Begun(_options), _options);
        var state = _checkpoints.FindNewest(_notices.Add, found => !Extends(found) || RunExtension.Refusal(found.Identity.Begun(_options), _options, found.Step) is null);
        state?.Identity.RequireSame(_identity, _checkpoints.PathOf(state.Step), job.AnyThreadCount, Extends(state));
        MemoryLimits.Require("memory plan: parameters, gradients and optimizer take", new MemoryPlanner(model, job.Adapter, _options).Fixed(), job.Memory,
            "train a smaller model, freeze a part of it (training.frozen), or train an adapter (lora)");
        _optimizer = new AdamW(trained, new AdamWSettings(_options.Beta1, _options.Beta2, _options.Eps, _options.WeightDecay), rule.LearningRateScale);
        _average = _options.EmaDecay is { } decay ? new ParameterAverage(trained, decay) : null;
        _snapshot = new Snapshot(trained, _optimizer, _average);
        var layout = new StepLayout(
            _options.MicroBatchSize ?? _options.BatchSize, _options.Packing ? _options.PackLength ?? _options.MaxLength ?? model.MaxLength : null,
            (long)_options.MaxLogitsMib << 20, _options.GradientCheckpointing);
        var features = _options.CacheFeatures ? new FeatureCache(model, Path.Combine(job.Folder, "features"), _options.Precision) : null;
        _step = new TrainStep(model, _optimizer, layout, _options.ClipNorm, features);
        _heldOut = job.HeldOut is { } held ? HeldOut(held, layout) : null;
        _writer = new CheckpointWriter(_checkpoints, job.Files) { LastWhole = state?.Step };
        if (state is not null)
        {
            _snapshot.Restore(_checkpoints.PathOf(state.Step));
            (_done, _sums, _lastLoss, _loss, _best) = (state.Step, state.Counters, state.LastLoss, state.Loss, state.Best);
            (_resumedFrom, _lastSaved) = (state.Step, state.Step);
            _unusable.Restore(state.Unusable);
        }

        _log = new RunLog(job.Folder, progress, _done, _plan.Steps);
    }

    public TrainingSummary Run(CancellationToken cancellation)
    {
        _model.Policy = _options.Precision == Precision.BF16 ? MatmulPolicy.BF16 : MatmulPolicy.F32;
        _notices.TellDeadWeights(_job.Set);
        _notices.TellCopies(_options.BatchSize, _job.Set.Count);
        var plan = new MemoryPlanner(_model, _job.Adapter, _options).Plan(Largest(), _snapshot.Bytes);
        RunLog.Tell(_progress, _done, _plan.Steps, plan.ToString());
        plan.Require(_options, _job.Memory, _job.MemoryGrowth);
        _step.TrimAbove = plan.Peak / 20 * 19; // what is free grows with each pass, since the allocator reuses aligned memory only in part
        if (_options.MakesCheckpoints)
        {
            _snapshot.Reserve();
        }

        while (_done < _plan.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                _writer.Finish();
                throw new OperationCanceledException($"stopped after step {_done} of {_plan.Steps}; run again with --resume to continue", cancellation);
            }

            if (_done % CollectEvery == 0)
            {
                // Left alone, the collector lets garbage grow to the processor's cache size, hundreds of MiB on servers, before it looks.
                GC.Collect(1, GCCollectionMode.Forced, blocking: true);
            }

            _writer.Poll();
            var isBest = AdvanceInMemory();
            _unusable.RequireLearning(_sums, _done, _plan, _job.Set.Count);
            if (isBest || (_options.CheckpointEvery is { } every && _done % every == 0) || _done == LastExtensible)
            {
                Save();
            }
        }

        _notices.TellSkipped(_sums, _done);
        _writer.Finish();
        _log.Sync();
        var best = _options.KeepBest && _best is { } b && _checkpoints.IsWhole(b.Step, _notices.Add) ? _best : null;
        _notices.TellBest(_log.LowestHeldOut(), _lastEval, _done, best is null ? null : FinalModels.BestName(_job));
        var models = new FinalModels(_model, _job).Write(_average, best is null ? null : _checkpoints.PathOf(best.Step));
        return new TrainingSummary
        {
            Steps = _done,
            Counters = _sums,
            FinalLoss = _lastLoss,
            HeldOutLoss = _lastEval,
            Best = best?.Step,
            BestHeldOutLoss = best?.Loss,
            ResumedFrom = _resumedFrom,
            Notices = _notices.Lines,
            ModelFolders = models,
            Memory = plan,
            PeakResidentBytes = ProcessMemory.Peak(),
        };
    }

    public void Dispose()
    {
        _writer.Dispose();
        _log.Dispose();
        _snapshot.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
    }

    private bool AdvanceInMemory()
    {
        try
        {
            return Advance();
        }
        catch (Exception e) when (AllocationFailure.Is(e))
        {
            _writer.Finish();
            throw AllocationFailure.ToError(e, $"step {_done + 1}",
                $"lower training.{(_options.MicroBatchSize is null ? "batch_size or give training.micro_batch_size" : "micro_batch_size")}, or set training.gradient_checkpointing=true; last good checkpoint: {LastGood}");
        }
    }

    private string LastGood => _writer.LastWhole is { } step ? _checkpoints.PathOf(step) : "none";

    /// <summary>Makes one step, and says whether it has the best held-out loss so far.</summary>
    private bool Advance()
    {
        var clock = Stopwatch.StartNew();
        var rate = _plan.Schedule.Rate(_done);
        var (samples, unusable) = Prepare(_order.Batch(_done));
        var result = _step.Run(samples, rate);
        if (result.Fault is { } fault)
        {
            throw Diverged(fault, result);
        }

        _done++;
        _sums = _sums.Add(samples, result) with { UnusableSamples = _sums.UnusableSamples + unusable };
        if (result.Loss is { } loss)
        {
            Observe(loss);
            _average?.Update();
        }

        var held = _heldOut is not null && (_done == _plan.Steps || (_options.EvalEvery is { } every && _done % every == 0)) ? _heldOut.Compute() : null;
        _lastEval = held ?? _lastEval;
        var line = new StepLine(_done, result, rate, _sums, held, clock);
        if (_done % _options.LogEvery == 0 || _done == _plan.Steps || held is not null)
        {
            _log.Write(line);
        }

        _log.Report(line);
        if (!_options.KeepBest || held is not { } now || now >= (_best?.Loss ?? double.PositiveInfinity))
        {
            return false;
        }

        _best = new BestCheckpoint(_done, now);
        return true;
    }

    /// <summary>The last step whose past does not depend on the number of steps: from there the run can be extended. Null where the first step does.</summary>
    private long? LastExtensible => _options.Steps is null ? null : _options.Schedule switch
    {
        ScheduleKind.Constant => _plan.Steps,
        ScheduleKind.Wsd => _plan.Steps - _plan.Schedule.DecaySteps,
        _ => null,
    };

    private void Observe(double loss)
    {
        if (_loss.Count == 0)
        {
            _notices.TellUnreached(_model, _step.Unreached!);
        }

        if (_loss.IsSpike(loss))
        {
            _sums = _sums with { LossSpikes = _sums.LossSpikes + 1 };
            _notices.Add(FormattableString.Invariant($"step {_done}: loss spike, {loss:F4} against {_loss.Mean:F4} lately"));
        }

        _loss = _loss.Add(loss);
        _lastLoss = loss;
    }

    /// <summary>The samples of a batch, and how many of its places cannot be used and carry no weight.</summary>
    /// <exception cref="InvalidInputException">More samples than allowed are unusable; what was done so far is saved.</exception>
    private (List<WeightedSample> Samples, int Unusable) Prepare(int[] indices)
    {
        try
        {
            List<WeightedSample> samples = [.. indices.Select(i => _unusable.Prepare(_preparer, _job.Set.Examples[i])).OfType<WeightedSample>()];
            return (samples, indices.Length - samples.Count);
        }
        catch (InvalidInputException)
        {
            Save();
            _writer.Finish();
            throw;
        }
    }

    private HeldOutLoss HeldOut(TrainingSet held, StepLayout layout)
    {
        var preparer = new SamplePreparer(_model, _job.HeldOutImages, _options.MaxLength, held.Normalization);
        return new HeldOutLoss(_model, held, example => _unusable.Prepare(preparer, example), layout);
    }

    private WeightedSample? Largest() => _job.Set.Examples
        .OrderByDescending(TrainingPlan.Length).Take(8).Select(e => _preparer.Prepare(e, out _)).OfType<WeightedSample>().MaxBy(s => s.Sample.InputIds.Length);

    private void Save()
    {
        if (_done == 0 || _done == _lastSaved)
        {
            return;
        }

        _log.Sync();
        _writer.Finish();
        var state = new TrainerState { Step = _done, Counters = _sums, LastLoss = _lastLoss, Loss = _loss, Best = _best, Unusable = [.. _unusable.Found], Identity = _identity };
        _writer.Begin(state, _snapshot.Take());
        _lastSaved = _done;
    }

    private FoveaException Diverged(string fault, StepResult result)
    {
        _writer.Finish();
        return new FoveaException(
            $"step {_done + 1}: {fault}; samples: {string.Join(", ", result.FaultKeys)}; last good checkpoint: {LastGood}; lower the learning rate or check these samples");
    }
}
