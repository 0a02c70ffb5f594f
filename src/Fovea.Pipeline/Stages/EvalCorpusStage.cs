using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Core.Results;
using Fovea.Data.Corpora;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models;
using Fovea.Models.Checkpoints;
using Fovea.Scoring;
using Fovea.Scoring.Folds;
using Fovea.Scoring.Proxies;
using Fovea.Store;
using Fovea.Torch;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// What a model makes of a corpus that it was not trained on: loss per target with the images, without them, and VIG, as VIG's scorer computes them.
/// </summary>
public sealed record EvalCorpusStage : IStage
{
    /// <summary>Name of the metrics in its folder: <c>nll</c> of all held-out targets first, then by condition.</summary>
    public const string ResultFile = Evaluation + EvalResults.FileEnd;

    private const string Evaluation = "corpus_nll", Scores = "scores";

    /// <summary>The model's folder.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>The corpus.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>An assignment that <c>fovea folds</c> or a split wrote; absent: the whole corpus is read.</summary>
    [InputPath]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Folds { get; init; }

    /// <summary>Which of its folds is read; 0 is what a split holds out.</summary>
    public int Fold { get; init; }

    /// <summary>What takes the images' place, as in <c>score_vig</c>.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = ["none"];

    /// <summary>How samples are rendered; <c>auto</c> as training does it.</summary>
    public string Template { get; init; } = TokenizedCorpus.TemplateName;

    /// <summary>In which type the model computes: <c>auto</c>, <c>f32</c> or <c>bf16</c>.</summary>
    public DType Dtype { get; init; }

    /// <summary>Shards, windows and batches.</summary>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    public string Kind => "eval_corpus";

    private ScoreVigStage Scorer =>
        new() { Model = Model, Data = Data, Proxies = Proxies, Template = Template, Dtype = Dtype, Device = Device, Scoring = Scoring };

    public void Check() => Check(Catalogues.BuiltIn);

    public void Check(Catalogues catalogues)
    {
        OptionCheck.Range(Fold, "fold", 0, int.MaxValue);
        Scorer.Check(catalogues);
    }

    public double? Work(StageSizes sizes) => Scorer.Work(sizes) * (Folds is { } folds ? sizes.ShareOf(folds, Fold) : 1);

    public double? Memory(StageSizes sizes) => Scorer.Memory(sizes);

    public void CheckGiven(StageSizes sizes) => sizes.CheckGiven(Model, readsImages: true);

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Data("data", Data).Models([Model]).Images("data", Data).Folds(Folds).ByRole;

    public JsonObject Run(StageContext context)
    {
        using var model = ScoringModel.Load(Model, Dtype, context.Device, context.MemoryLimit);
        var corpus = HeldOut(ScoringCorpus.Open(Data, Model, CorpusView.Image, Template, new InvalidRecords(Scoring.MaxInvalid), context.Catalogues.Templates));
        var counts = Scorer.Score(model, corpus, context with { Out = Path.Combine(context.Out, Scores), Lock = null });
        var rows = ScoreStoreReader.Open(Path.Combine(context.Out, Scores)).Read().ToDictionary(r => r.Key);
        var result = Measure(model, corpus, rows, context);
        var values = EvalResults.Write(context, result);
        values["samples"] = counts["samples"]!.DeepClone();
        values["invalid"] = counts["invalid"]!.DeepClone();
        return values;
    }

    private ScoringCorpus HeldOut(ScoringCorpus whole)
    {
        if (Folds is null)
        {
            return whole;
        }

        var folds = FoldsFile.Read(Folds);
        folds.Require(Data.Select(d => (d.Source, d.File)), toBeScored: true);
        int[] held = [.. whole.Corpus.Samples.Index().Where(s => folds.Folds.FoldOf(s.Item.Key) == Fold).Select(s => s.Index)];
        return held.Length > 0
            ? whole with { Corpus = new SubsetCorpus(whole.Corpus, held) }
            : throw new FoveaException($"'fold': {folds.Path} has no sample in fold {Fold}; it has folds 0 to {folds.Folds.Count - 1}");
    }

    // A unit is an image with all its samples, or a text-only record.
    private EvalResult Measure(VisionLanguageModel model, ScoringCorpus corpus, Dictionary<SampleKey, TokenScores> rows, StageContext context)
    {
        var keys = new ImageKeys();
        var units = corpus.Corpus.Samples.Where(s => rows[s.Key].InvalidReason is null)
            .GroupBy<Sample, object>(s => s.Images.Count > 0 ? keys.Of(s, 0) : s.Key).ToArray();
        var sums = new MetricSums(units.Length);
        var conditions = Proxies.Select(context.Catalogues.Proxies.Parse).ToArray();
        sums.Declare("nll", false);
        foreach (var (unit, samples) in units.Index())
        {
            context.Stop.ThrowIfCancellationRequested();
            foreach (var sample in samples)
            {
                Add(sums, unit, model, corpus, sample, rows[sample.Key].LogProbs, conditions);
            }
        }

        return sums.ToResult(Evaluation, "image group");
    }

    private static void Add(MetricSums sums, int unit, VisionLanguageModel model, ScoringCorpus corpus, Sample sample,
        IReadOnlyDictionary<string, float[]> logProbs, VisionlessProxy[] proxies)
    {
        if (sample.Images.Count == 0)
        {
            var (nats, targets) = TextNll.Sum(model, [corpus.Encoder.Encode(sample)]);
            sums.Add("nll", false, unit, nats, targets);
            sums.Add("nll/text_only", false, unit, nats, targets);
            return;
        }

        var seen = logProbs[Conditions.Image];
        AddNll("nll", false, seen);
        AddNll("nll/image", false, seen);
        foreach (var proxy in proxies)
        {
            AddNll("nll/" + proxy.Name, null, logProbs[proxy.Condition]);
            var gains = TokenMeasures.Differences(seen, logProbs[proxy.Condition]);
            sums.Add("vig/" + proxy.Name, null, unit, gains.Sum(), gains.Length);
        }

        // Targets past a limit on length were not scored.
        void AddNll(string name, bool? higherIsBetter, float[] of)
        {
            var scored = ScoredTargets.Count(of);
            sums.Add(name, higherIsBetter, unit, -of.Take(scored).Sum(x => (double)x), scored);
        }
    }
}
