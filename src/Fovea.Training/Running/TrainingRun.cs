using System.Diagnostics;
using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Training.Checkpoints;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Options;

namespace Fovea.Training.Running;

/// <summary>The state of a run between its steps, and the loop over them.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const string Task = "train";
    private const int MostNotices = 100;
    private readonly VisionLanguageModel _model;
    private readonly TrainingSet _set;
    private readonly TrainingOptions _options;
    private readonly string _folder;
    private readonly IProgressSink _progress;
    private readonly TrainingPlan _plan;
    private readonly DataOrder _order;
    private readonly SamplePreparer _preparer;
    private readonly RunIdentity _identity;
    private readonly AdamW _optimizer;
    private readonly TrainStep _step;
    private readonly CheckpointStore _checkpoints;
    private readonly List<string> _notices = [];
    private readonly MetricsLog _metrics;
    private readonly long? _resumedFrom;
    private long? _lastSaved;
    private TrainingCounters _sums = new();
    private double? _lastLoss;
    private long _done;

    public TrainingRun(
        VisionLanguageModel model, TrainingSet set, ImageLoader? images, TrainingOptions options, string folder, IProgressSink progress)
    {
        (_model, _set, _options, _folder, _progress) = (model, set, options, folder, progress);
        var rule = new ParameterRule(options, model.Parameters);
        _plan = TrainingPlan.Of(options, set.Count);
        _order = _plan.Order(options, set);
        _preparer = new SamplePreparer(model, images, options.MaxLength, set.Normalization);
        _identity = RunIdentity.Of(options, set, model.Parameters);
        model.Parameters.SetTrainable(rule.Trains);
        _checkpoints = new CheckpointStore(Path.Combine(folder, "checkpoints"), options.KeepCheckpoints);
        var state = _checkpoints.FindNewest(Notice);
        state?.Identity.RequireSame(_identity, _checkpoints.PathOf(state.Step));
        var settings = new AdamWSettings(options.Beta1, options.Beta2, options.Eps, options.WeightDecay);
        _optimizer = new AdamW(model.Parameters, settings, rule.LearningRateScale);
        _step = new TrainStep(model, _optimizer, options.MicroBatchSize ?? options.BatchSize, options.ClipNorm);
        if (state is not null)
        {
            CheckpointTensors.Read(_checkpoints.PathOf(state.Step), model.Parameters, _optimizer);
            (_done, _sums, _lastLoss, _resumedFrom, _lastSaved) = (state.Step, state.Counters, state.LastLoss, state.Step, state.Step);
        }

        _metrics = new MetricsLog(Path.Combine(folder, "metrics.jsonl"), _done);
    }

    public TrainingSummary Run(CancellationToken cancellation)
    {
        while (_done < _plan.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                throw new OperationCanceledException($"stopped after step {_done} of {_plan.Steps}; run again to go on", cancellation);
            }

            Advance();
            if (_options.CheckpointEvery is { } every && _done % every == 0)
            {
                Save();
            }
        }

        _metrics.Sync();
        var target = Path.Combine(_folder, "model");
        ModelFolder.Save(_model, target);
        return new TrainingSummary
        {
            Steps = _done,
            Counters = _sums,
            FinalLoss = _lastLoss,
            ResumedFrom = _resumedFrom,
            Notices = _notices,
            ModelFolder = target,
        };
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _optimizer.Dispose();
    }

    private void Advance()
    {
        var clock = Stopwatch.StartNew();
        var rate = _plan.Schedule.Rate(_done);
        var samples = Prepare(_order.Batch(_done));
        var result = _step.Run(samples, rate);
        if (result.Fault is { } fault)
        {
            throw Diverged(fault, result);
        }

        _done++;
        _sums = _sums.Add(samples, result);
        _lastLoss = result.Loss ?? _lastLoss;
        if (_done % _options.LogEvery == 0 || _done == _plan.Steps)
        {
            _metrics.Append(_done, result, rate, _sums, clock.Elapsed.TotalSeconds);
        }

        _progress.Report(Task, _done, _plan.Steps, result.Loss is { } loss ? FormattableString.Invariant($"loss {loss:F4}") : "no weight: skipped");
    }

    private List<WeightedSample> Prepare(int[] indices)
    {
        var samples = new List<WeightedSample>(indices.Length);
        foreach (var index in indices)
        {
            if (_preparer.Prepare(_set.Examples[index], out var reason) is { } sample)
            {
                samples.Add(sample);
            }
            else
            {
                _sums = _sums with { UnusableSamples = _sums.UnusableSamples + 1 };
                Notice(reason!);
            }
        }

        return samples;
    }

    private void Save()
    {
        if (_done == 0 || _done == _lastSaved)
        {
            return;
        }

        _metrics.Sync();
        var state = new TrainerState { Step = _done, Counters = _sums, LastLoss = _lastLoss, Identity = _identity };
        _checkpoints.Save(state, aside => CheckpointTensors.Write(aside, _model, _optimizer));
        _lastSaved = _done;
    }

    private FoveaException Diverged(string fault, StepResult result)
    {
        var last = _lastSaved is { } step ? _checkpoints.PathOf(step) : "none";
        return new FoveaException(
            $"step {_done + 1}: {fault}; samples: {string.Join(", ", result.FaultKeys)}; last good checkpoint: {last}; lower the learning rate or check these samples");
    }

    private void Notice(string line)
    {
        if (_notices.Count < MostNotices && !_notices.Contains(line))
        {
            _notices.Add(line);
            _progress.Report(Task, _done, _plan.Steps, line);
        }
    }
}
