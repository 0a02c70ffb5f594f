using System.Diagnostics;
using Fovea.Models.Decoders;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Memory;
using Fovea.Training.State;

namespace Fovea.Training.Running;

/// <summary>The state of a run between its steps, and the loop over them.</summary>
internal sealed partial class TrainingRun : IDisposable
{
    private const int CollectEvery = 10;
    private TrainerState _state;
    private double? _lastEval;

    public TrainingSummary Run(CancellationToken cancellation)
    {
        _model.Policy = _options.Precision == DType.BF16 ? MatmulPolicy.BF16 : MatmulPolicy.F32;
        _notices.TellDeadWeights(_job.Set);
        _notices.TellCopies(_options.BatchSize, _job.Set.Count);
        _heldOut?.Check(cancellation);
        var memory = PlanMemory();
        while (_state.Step < _plan.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                _checkpoints.Finish();
                throw new OperationCanceledException($"stopped after step {_state.Step} of {_plan.Steps}; run again with --resume to continue", cancellation);
            }

            if (_state.Step % CollectEvery == 0)
            {
                // Left alone, the collector lets garbage grow to the processor's cache size, hundreds of MiB on servers, before it looks.
                GC.Collect(1, GCCollectionMode.Forced, blocking: true);
            }

            _checkpoints.Poll();
            var isBest = Advance();
            if (_options.ModelsAt?.Contains((int)_state.Step) == true)
            {
                _models.WriteAt(_state.Step);
            }

            _unusable.RequireLearning(_state.Counters, _state.Step, _plan, _job.Set.Count);
            if (isBest || _due.Saves(_state.Step))
            {
                Save();
            }
        }

        return Finish(memory);
    }

    public void Dispose()
    {
        _batches.Dispose();
        _checkpoints.Dispose();
        _log.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
    }

    private MemoryPlan PlanMemory()
    {
        var plan = new MemoryPlanner(_model, _job.Adapter, _options).Plan(Largest(), _checkpoints.Bytes);
        RunLog.Tell(_progress, _state.Step, _plan.Steps, plan.ToString());
        if (_model.Decoder.Device.IsCpu()) // the plan is of the processor's memory; another device says itself when its own is full
        {
            plan.Require(_options, _job.Memory, _job.MemoryGrowth);
            _step.TrimAbove = plan.Peak / 20 * 19; // what is free grows with each pass, since the allocator reuses aligned memory only in part
        }

        if (_options.MakesCheckpoints)
        {
            _checkpoints.Reserve();
        }

        return plan;
    }

    private WeightedSample? Largest() => _job.Set.Examples
        .OrderByDescending(TrainingPlan.Length).Take(8).Select(e => _preparer.Prepare(e, out _)).OfType<WeightedSample>().MaxBy(s => s.Sample.InputIds.Length);

    /// <summary>Makes one step and what is due after it but a checkpoint, and says whether it has the best held-out loss so far.</summary>
    private bool Advance()
    {
        var clock = Stopwatch.StartNew();
        var (rate, result) = WithinMemory($"step {_state.Step + 1}", Step);
        var held = _due.Evaluates(_state.Step) && _heldOut is not null ? WithinMemory($"evaluation after step {_state.Step}", _heldOut.Compute) : null;
        _lastEval = held ?? _lastEval;
        var line = new StepLine(_state.Step, result, rate, _state.Counters, held, clock);
        if (_due.Logs(line.Step) || held is not null)
        {
            _log.Write(line);
        }

        _log.Report(line);
        if (!_options.KeepBest || held is not { } now || now >= (_state.Best?.Loss ?? double.PositiveInfinity))
        {
            return false;
        }

        _state = _state with { Best = new BestCheckpoint(line.Step, now) };
        return true;
    }

    private (double Rate, StepResult Result) Step()
    {
        var rate = _plan.Schedule.Rate(_state.Step);
        var (samples, unusable) = Usable(_batches.Take(_state.Step, _state.Step + 1 < _plan.Steps ? _state.Step + 1 : null));
        var result = _step.Run(samples, rate);
        if (result.Fault is { } fault)
        {
            _checkpoints.Finish();
            throw new FoveaException($"step {_state.Step + 1}: {fault}; samples: {string.Join(", ", result.FaultKeys)}; last good "
                + $"checkpoint: {_checkpoints.LastGood}; lower the learning rate or check these samples");
        }

        var sums = _state.Counters.Add(samples, result);
        _state = _state with { Step = _state.Step + 1, Counters = sums with { UnusableSamples = sums.UnusableSamples + unusable } };
        if (result.Loss is { } loss)
        {
            Observe(loss);
            _average?.Update();
        }

        return (rate, result);
    }

    /// <summary>The samples of a batch, and how many of its places cannot be used and carry no weight.</summary>
    /// <exception cref="InvalidInputException">More samples than allowed are unusable; what was done so far is saved.</exception>
    private (List<WeightedSample> Samples, int Unusable) Usable(PreparedSample[] batch)
    {
        try
        {
            List<WeightedSample> samples = [.. batch.Select(_unusable.Take).OfType<WeightedSample>()];
            return (samples, batch.Length - samples.Count);
        }
        catch (InvalidInputException)
        {
            Save();
            _checkpoints.Finish();
            throw;
        }
    }

    private void Observe(double loss)
    {
        if (_state.Loss.Count == 0)
        {
            _notices.TellUnreached(_model, _step.Unreached!);
        }

        if (_state.Loss.IsSpike(loss))
        {
            _state = _state with { Counters = _state.Counters with { LossSpikes = _state.Counters.LossSpikes + 1 } };
            _notices.Add(FormattableString.Invariant($"step {_state.Step}: loss spike, {loss:F4} against {_state.Loss.Mean:F4} lately"));
        }

        _state = _state with { Loss = _state.Loss.Add(loss), LastLoss = loss };
    }

    private T WithinMemory<T>(string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (AllocationFailure.Is(e))
        {
            _checkpoints.Finish();
            throw AllocationFailure.ToError(e, what,
                $"lower training.{(_options.MicroBatchSize is null ? "batch_size or give training.micro_batch_size" : "micro_batch_size")}, or set "
                    + $"training.gradient_checkpointing=true; last good checkpoint: {_checkpoints.LastGood}");
        }
    }

    private void Save()
    {
        _log.Sync();
        _checkpoints.Save(_state with { Unusable = _unusable.Found, HeldOutUnusable = _unusableHeldOut.Found is { Count: > 0 } held ? held : null });
    }
}
