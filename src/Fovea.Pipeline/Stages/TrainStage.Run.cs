using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Evaluation.Running;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Pipeline.Reports;
using Fovea.Scoring.Folds;
using Fovea.Store;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Running;

namespace Fovea.Pipeline.Stages;

// The run itself: corpus, weights, model, training, what it found.
public sealed partial record TrainStage
{
    public JsonObject Run(StageContext context)
    {
        var weights = WeightsPath is { } w ? WeightsFile.Read(w) : null;
        var limit = InvalidRecords.LimitOf(OnBadSample, MaxInvalid);
        var invalid = new InvalidRecords(limit, key => weights?.Find(key) is { Status: SelectionStatus.Invalid });
        var heldOutInvalid = new InvalidRecords(limit);
        try
        {
            return Run(context, weights, invalid, heldOutInvalid);
        }
        finally
        {
            if (File.Exists(Path.Combine(context.Out, "metrics.jsonl"))) // a run that never began leaves its folder free
            {
                LeftOutRecords.List(invalid, context, "train");
                LeftOutRecords.List(heldOutInvalid, context, "train", "held-out-");
            }
        }
    }

    private JsonObject Run(StageContext context, WeightsFile? weights, InvalidRecords invalid, InvalidRecords heldOutInvalid)
    {
        var corpus = TokenizedCorpus.Open(Data, TokenizerFolder, View, Template, invalid, context.Catalogues.Templates, context.Stop);
        var (samples, without) = TrainedOn(corpus.Samples);
        var set = weights is not null ? Weighted(samples, corpus.Corpus, weights, invalid, context) : TrainingSet.Unweighted(samples);
        foreach (var row in set.Invalid)
        {
            invalid.Note(row.Key, row.Reason);
        }

        using var model = StartModel(corpus, context);
        var companions = ModelCompanions.For(model, TokenizerFolder, Model, Preset);
        var held = HeldOut.Count > 0 ? TokenizedCorpus.Open(HeldOut, TokenizerFolder, View, Template, heldOutInvalid, context.Catalogues.Templates,
            context.Stop) : null;
        Fovea.Data.Images.ImageLoader? Images(TokenizedCorpus from) => model.SeesImages ? new(from.Corpus, companions.Processor!) : null;
        using var adapter = Lora?.AttachTo(model, Training.Seed, Model);
        var job = new TrainingJob
        {
            Model = model,
            Adapter = adapter,
            MergeAdapter = Lora is not { Merge: false },
            Set = set,
            Images = Images(corpus),
            HeldOut = held is null ? null : TrainingSet.Unweighted(held.Samples),
            HeldOutImages = held is null ? null : Images(held),
            Options = Training,
            Folder = context.Out,
            Invalid = invalid,
            HeldOutInvalid = heldOutInvalid,
            AnyThreadCount = context.AnyThreadCount,
            ImageThreads = context.ImageThreads,
            Memory = context.MemoryLimit,
            MemoryGrowth = context.AllowOverMemory ? null : MemoryLimits.Growth(),
        };
        var summary = Trainer.Run(job, context.Progress, context.Stop);
        foreach (var folder in summary.ModelFolders)
        {
            companions.Write(folder);
            without?.Write(folder);
        }

        foreach (var folder in Directory.EnumerateDirectories(context.Out, "adapter*"))
        {
            without?.Write(folder);
        }

        var result = Result(summary, set, invalid, heldOutInvalid);
        if (View == CorpusView.TextOnly)
        {
            AddNll(result, "in_sample", model, samples.Take(MaxNllSamples).ToArray());
            if (held is not null)
            {
                AddNll(result, "held_out", model, [.. held.Samples.Take(MaxNllSamples)]);
            }
        }

        TrainingReport.Write(context.Out, summary.Memory, summary.PeakResidentBytes, result);
        return result;
    }

    // Images are hashed before the first step: a run that finds another image after hours is hours lost.
    private static TrainingSet Weighted(IReadOnlyList<TokenizedSample> samples, ICorpus corpus, WeightsFile weights, InvalidRecords invalid,
        StageContext context)
    {
        var hashes = new ImageHashes(corpus, context.Hasher);
        return TrainingSet.Join(samples.Where(CanBeHashed), weights, hashes.Of);

        bool CanBeHashed(TokenizedSample sample)
        {
            context.Stop.ThrowIfCancellationRequested();
            try
            {
                _ = weights.Find(sample.Key)?.ImageHash is null ? null : hashes.Of(sample);
                return true;
            }
            catch (InvalidInputException e)
            {
                invalid.Add(sample.Key, e);
                return false;
            }
        }
    }

    private static JsonObject Result(TrainingSummary summary, TrainingSet set, InvalidRecords invalid, InvalidRecords heldOutInvalid)
    {
        var counters = summary.Counters;
        return new JsonObject
        {
            ["steps"] = summary.Steps,
            ["epochs"] = Math.Round((double)counters.Samples / Math.Max(1, set.Count), 3),
            ["samples"] = counters.Samples,
            ["supervised_tokens"] = counters.WeightedTokens,
            ["forward_tokens"] = counters.ForwardTokens,
            ["text_only_tokens"] = counters.TextOnlyTokens,
            ["skipped_steps"] = counters.SkippedSteps,
            ["dropped_samples"] = set.Dropped,
            ["invalid_samples"] = invalid.Records.Count,
            ["invalid_reasons"] = LeftOutRecords.Reasons(invalid.Records),
            ["held_out_invalid_samples"] = heldOutInvalid.Records.Count,
            ["unusable_samples"] = counters.UnusableSamples,
            ["loss_spikes"] = counters.LossSpikes,
            ["mean_loss"] = summary.MeanLoss,
            ["final_loss"] = summary.FinalLoss,
            ["held_out_loss"] = summary.HeldOutLoss,
            ["best_step"] = summary.Best,
            ["best_held_out_loss"] = summary.BestHeldOutLoss,
            ["notices"] = new JsonArray([.. summary.Notices.Select(n => (JsonNode)n)]),
        };
    }

    private const int MaxNllSamples = 2000;

    private static void AddNll(JsonObject result, string name, VisionLanguageModel model, IReadOnlyList<TokenizedSample> samples)
    {
        var (nats, targets) = TextNll.Sum(model, samples);
        result[name + "_nll"] = nats / targets;
        result[name + "_targets"] = targets;
    }

    /// <summary>What is trained on: all samples, or those that the assignment does not leave out, with what is to be noted beside the model.</summary>
    /// <exception cref="FoveaException">A file is not covered by the assignment or changed since, or the model to start from was trained on the
    /// fold that is left out.</exception>
    internal (IReadOnlyList<TokenizedSample> Samples, LeftOutFold? Without) TrainedOn(IReadOnlyList<TokenizedSample> samples)
    {
        if (Folds is null)
        {
            return (samples, null);
        }

        var folds = FoldsFile.Read(Folds);
        var fold = LeaveOutFold is { } k && k >= 0 && k < folds.Folds.Count
            ? k
            : throw new FoveaException(
                $"'leave_out_fold': expected 0 to {folds.Folds.Count - 1} as {folds.Path} has {folds.Folds.Count} folds, got {LeaveOutFold}");
        folds.Require(Data.Select(d => (d.Source, d.File)), toBeScored: false);
        foreach (var start in new[] { Model, DecoderFrom, Lora?.Adapter }.OfType<string>())
        {
            if (LeftOutFold.Read(start) is { } before)
            {
                LeftOutFold.Require(start, before, folds, fold);
            }
            else if (SeenBy(start, folds) is { } seen)
            {
                throw new InvalidInputException(start, null, $"was trained on {seen}, which {folds.Path} assigns to folds, so that its references would have "
                    + $"seen what they score; start from a model that was not trained on it");
            }
        }

        return ([.. samples.Where(s => folds.Folds.IsTrainedOn(fold, s.Key))], new LeftOutFold(folds.Sha256, fold));
    }

    /// <summary>A file of the assignment that a model was trained on, by the manifest of its run; null where none is known.</summary>
    private static string? SeenBy(string start, FoldsFile folds)
    {
        var run = StageManifest.Read(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(start)))!);
        return run is { Kind: "train" } ? folds.Sources.FirstOrDefault(s => run.Inputs.ContainsValue(s.Sha256) && folds.HoldsBack(s))?.Name : null;
    }

    private DecoderModel StartModel(TokenizedCorpus corpus, StageContext context)
    {
        var options = new LoadOptions { Device = context.Device, Memory = context.MemoryLimit };
        if (Model is { } folder)
        {
            return ModelFolder.Load(folder, options);
        }

        var model = ModelPresets.Create(Preset!.Name, PresetVocabularies.Of(corpus.Tokenizer), Training.Seed, Preset.Sizes, options.Memory, options.Device,
            Preset.Tower);
        if (DecoderFrom is { } from)
        {
            using var text = ModelFolder.Load(from, options);
            DecoderInitialisation.CopyDecoder(text, model);
        }

        return model;
    }
}
