using System.Globalization;
using Fovea.Core.Watching;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Targets;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Tests.Scoring;
using Fovea.Tests.Store;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Collections;

/// <summary>
/// Garbage collections during native calls harm nothing: numbers are held (docs/decisions/0004), and every tensor is disposed of by its scope
/// or owner, hence alive until then. A few steps here; <c>tests/long/collections</c> takes 2,000, ten times.
/// </summary>
public sealed class CollectionTests : IDisposable
{
    private static readonly int Steps = int.Parse(Environment.GetEnvironmentVariable("FOVEA_COLLECTIONS") ?? "60", CultureInfo.InvariantCulture);
    private readonly Training.TemporaryFolder _folder = new();

    public CollectionTests() => TorchRuntime.Start(1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Training_gives_the_same_bits_beside_threads_that_allocate_and_collect(DType precision)
    {
        var quiet = Train("quiet", precision);
        byte[] beside;
        using (var collector = new Collector())
        {
            beside = Train("beside", precision);
            Assert.True(collector.Collections > Steps / 10, $"only {collector.Collections} collections in {Steps} steps");
        }

        Assert.Equal(quiet, beside);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scoring_gives_the_same_scores_beside_threads_that_allocate_and_collect(bool packed)
    {
        var quiet = Score("quiet", packed);
        using var collector = new Collector();
        Assert.Equal(quiet, Score("beside", packed));
    }

    [Theory]
    [InlineData(DType.F32, false)]
    [InlineData(DType.F32, true)]
    [InlineData(DType.BF16, false)]
    [InlineData(DType.BF16, true)]
    public void A_step_leaves_no_tensor_to_the_finalizer(DType precision, bool recompute)
    {
        using var model = Of(precision);
        model.Parameters.SetTrainable(_ => true);
        model.Policy = precision == DType.BF16 ? MatmulPolicy.BF16 : MatmulPolicy.F32;
        using var optimizer = new AdamW(model.Parameters, new AdamWSettings());
        Assert.Equal(precision == DType.BF16, model.Decoder.IsMixed);
        var samples = Small.Samples(6, images: true);
        var preparer = new SamplePreparer(model, Small.Loader(samples), null, Fovea.Core.Scores.WeightNormalization.None);
        var prepared = preparer.Prepare(TrainingSet.Unweighted(samples).Examples, threads: 1, TestContext.Current.CancellationToken)
            .Select(p => p.Sample!).ToArray();
        var step = new TrainStep(model, optimizer, new StepLayout(2, Recompute: recompute), clipNorm: 1);
        AssertNoTensorLeft(() => step.Run(prepared, 1e-3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scoring_and_generating_leave_no_tensor_to_the_finalizer(bool packed)
    {
        using var model = TinyCorpus.Llava();
        if (packed)
        {
            model.Pack();
        }

        var corpus = new TinyCorpus(5);
        var batch = corpus.Tokenized.Select(s => SampleExpander.Expand(model, s, corpus.Loader.Normalized(s))).ToArray();
        AssertNoTensorLeft(() => TargetLogProbs.Scores(model, batch, topOne: true, entropy: true));
        if (!packed)
        {
            AssertNoTensorLeft(() => GreedyGenerator.Generate(model, batch, 5, 2));
        }
    }

    /// <summary>Without a collection meanwhile, a tensor that nobody disposes of is still counted.</summary>
    private static void AssertNoTensorLeft(Action work)
    {
        work(); // what is made once
        Assert.True(GC.TryStartNoGCRegion(200 << 20));
        try
        {
            var before = torch.Tensor.TotalCount;
            work();
            work();
            Assert.Equal(before, torch.Tensor.TotalCount);
        }
        finally
        {
            GC.EndNoGCRegion();
        }
    }

    // In bfloat16 wide enough for the blocks whose gradients are written out.
    private static DecoderModel Of(DType precision) => precision == DType.BF16 ? Small.WideLlava() : Small.Llava();

    private byte[] Train(string name, DType precision)
    {
        using var model = Of(precision);
        var samples = Small.Samples(30, images: true);
        var job = new TrainingJob
        {
            Model = model,
            Set = TrainingSet.Unweighted(samples),
            Images = Small.Loader(samples),
            Options = Small.Options with { Steps = Steps, LogEvery = 10, CheckpointEvery = Math.Max(1, Steps / 4), Precision = precision, LearningRate = 1e-3, EmaDecay = 0.9 },
            Folder = _folder[$"{name}{precision}"],
        };
        Trainer.Run(job, new SilentProgress(), TestContext.Current.CancellationToken);
        return File.ReadAllBytes(Path.Combine(job.Folder, "model", "model.safetensors"));
    }

    private List<float> Score(string name, bool packed)
    {
        using var model = TinyCorpus.Llava();
        if (packed)
        {
            model.Pack();
        }

        var corpus = new TinyCorpus(Math.Max(30, Steps / 2));
        using (var store = ScoreStoreWriter.Open(_folder[name], ScoreRows.Provenance))
        {
            new VigScorer(model, corpus.Loader, TinyCorpus.Proxies("blur", "noise", "none"),
                new ScoringOptions { TokenBudget = 200, WindowSamples = 8, ShardSamples = 16 })
                .Score(corpus.Source, store, new SilentProgress(), TestContext.Current.CancellationToken);
        }

        return [.. ScoreStoreReader.Open(_folder[name]).Read().SelectMany(r => r.LogProbs.OrderBy(c => c.Key, StringComparer.Ordinal))
            .SelectMany(c => c.Value)];
    }
}
