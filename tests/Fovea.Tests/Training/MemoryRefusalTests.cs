using System.Runtime.InteropServices;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Models.Checkpoints;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Memory;
using Fovea.Training.Options;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>A run that cannot fit into memory, or whose memory gives out, ends in one line before it costs anything.</summary>
public sealed class MemoryRefusalTests
{
    private const long Mib = 1 << 20;

    public MemoryRefusalTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(1, "parameters, gradients and optimizer take")] // before the optimizer is made
    [InlineData(1024 * 1024, "memory plan: the run takes")]
    public void A_plan_that_exceeds_the_memory_is_refused_before_the_first_step(long limit, string what)
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var steps = 0;
        var job = Job(model, folder) with { Memory = new MemoryLimit(limit, "the machine") };
        var error = Assert.Throws<FoveaException>(() => Trainer.Run(job, new Watcher((done, _) => steps += (int)done), TestContext.Current.CancellationToken));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains(" MiB, more than the ", error.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-over-memory", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, steps);
        Assert.False(Directory.Exists(folder["checkpoints"]));
    }

    [Theory]
    [InlineData(10, "beside the model gradients and optimizer take another")] // before the optimizer is made
    [InlineData(Mib, "beside the model the run takes another")]
    public void A_run_that_exceeds_ulimit_is_refused_and_without_limits_it_runs(long limit, string what)
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var job = Job(model, folder);
        Assert.Contains(what, Assert.Throws<FoveaException>(() =>
            Trainer.Run(job with { MemoryGrowth = new MemoryLimit(limit, "ulimit -d") }, new SilentProgress(), TestContext.Current.CancellationToken)).Message,
                StringComparison.Ordinal);
        Assert.Equal(2, Trainer.Run(job, new SilentProgress(), TestContext.Current.CancellationToken).Steps);
    }

    [Fact]
    public void What_a_run_takes_beside_the_model_includes_the_optimizers_state()
    {
        var plan = new MemoryPlan { Weights = 0, Gradients = 100 * Mib, Optimizer = 300 * Mib, Activations = 0, Logits = 0, CheckpointCopy = 0, Process = 0, PeakBefore = 0 };
        var limit = new MemoryLimit(400 * Mib, "ulimit -v");
        Assert.Throws<FoveaException>(() => plan.Require(Small.Options, null, limit));
        (plan with { Optimizer = 200 * Mib }).Require(Small.Options, null, limit);
    }

    [Theory]
    [InlineData(900, 10, 64, null, false, "lower training.batch_size, or give training.micro_batch_size below it (now 64)")]
    [InlineData(900, 10, 64, 8, false, "lower training.micro_batch_size (now 8)")]
    [InlineData(900, 10, 64, 1, false, "set training.gradient_checkpointing=true, or lower training.max_length")]
    [InlineData(900, 10, 64, 1, true, "lower training.max_length")]
    [InlineData(10, 900, 64, 1, true, "lower training.max_logits_mib (now 64)")]
    [InlineData(10, 10, 64, 1, true, "train a smaller model, freeze a part of it (training.frozen), or train an adapter (lora)")]
    public void The_key_to_lower_is_that_of_the_largest_part(long activations, long logits, int batch, int? micro, bool checkpointing, string advice)
    {
        var plan = new MemoryPlan { Weights = 100 * Mib, Gradients = 0, Optimizer = 0, Activations = activations * Mib, Logits = logits * Mib, CheckpointCopy = 0, Process = 50 * Mib, PeakBefore = 0 };
        var options = new TrainingOptions { Steps = 1, BatchSize = batch, MicroBatchSize = micro, GradientCheckpointing = checkpointing };
        Assert.Contains(advice + ",", Assert.Throws<FoveaException>(() => plan.Require(options, new MemoryLimit(Mib, "the machine"), null)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(int.MaxValue, 1, "training.batch_size: expected at most 100 times the 6 samples, 600, got 2147483647")]
    [InlineData(601, 1, "it would hold each sample 100 times")]
    [InlineData(500, int.MaxValue, "training.bucket_window: expected batch_size times bucket_window at most 16777216")]
    public void A_batch_out_of_proportion_is_refused_in_one_line(int batch, int window, string message)
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var error = Assert.Throws<FoveaException>(() =>
            Small.Train(model, TrainingSet.Unweighted(Small.Samples(6)), null, Small.Options with { BatchSize = batch, BucketWindow = window }, folder.Path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(11, false)]
    public void A_batch_that_holds_samples_twice_is_remarked_on(int batch, bool told)
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        var summary = Small.Train(model, TrainingSet.Unweighted(Small.Samples(6)), null, Small.Options with { Steps = 1, BatchSize = batch }, folder.Path);
        Assert.Equal(told, summary.Notices.Any(n => n.Contains("holds each of the 6 samples 2 times", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_model_that_exceeds_the_memory_is_refused_before_it_is_read_and_a_mapped_one_is_not()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Text();
        ModelFolder.Save(model, folder["model"]);
        var bytes = model.Parameters.NumElements * sizeof(float);
        var options = new LoadOptions { Memory = new MemoryLimit(bytes - 1, "the machine") };
        Assert.Contains("its parameters take", Assert.Throws<FoveaException>(() => ModelFolder.Load(folder["model"], options)).Message,
            StringComparison.Ordinal);
        ModelFolder.Load(folder["model"], options with { Memory = new MemoryLimit(bytes, "the machine") }).Dispose();
        ModelFolder.Load(folder["model"], options with { Mapped = true, Memory = new MemoryLimit(bytes / 2, "the machine") }).Dispose();
    }

    [Fact]
    public void A_preset_that_exceeds_the_memory_is_refused_before_it_is_drawn()
    {
        var sizes = new PresetSizes { HiddenSize = 1 << 22, IntermediateSize = 1 << 22, NumLayers = 1024 };
        var error = Assert.Throws<FoveaException>(() => ModelPresets.Create("tiny-text-2", new PresetVocabulary(100), 1, sizes,
            new MemoryLimit(1L << 40, "the machine")));
        Assert.StartsWith("preset tiny-text-2: its parameters take", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_gives_out_in_a_step_is_one_line_with_the_step_and_what_to_lower()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(8, images: true);
        var images = new ImageLoader(new Blank(samples), new Exhausted(9));
        var options = Small.Options with { Steps = 20, CheckpointEvery = 1, Seed = 1 };
        var error = Assert.Throws<FoveaException>(() => Small.Train(model, TrainingSet.Unweighted(samples), images, options, folder.Path));
        Assert.Matches("^step [0-9]+: not enough memory \\(a picture too many\\); lower training.batch_size", error.Message);
        Assert.Contains("last good checkpoint: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_gives_out_in_an_evaluation_names_the_step_it_comes_after()
    {
        using var folder = new TemporaryFolder();
        using var model = Small.Llava();
        var samples = Small.Samples(8, images: true);
        var job = Job(model, folder) with { HeldOut = TrainingSet.Unweighted(samples), HeldOutImages = new ImageLoader(new Blank(samples), new Exhausted(4)) }; // as many as are looked at before the first step
        var error = Assert.Throws<FoveaException>(() => Trainer.Run(job, new SilentProgress(), TestContext.Current.CancellationToken));
        Assert.StartsWith("evaluation after step 2: not enough memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_libtorch_says_of_a_lack_of_memory_is_known_and_other_failures_are_not()
    {
        var error = Assert.ThrowsAny<Exception>(() => TorchSharp.torch.empty(1L << 50, TorchSharp.torch.ScalarType.Float64));
        Assert.True(AllocationFailure.Is(error), error.Message);
        Assert.True(AllocationFailure.Is(new NativeFailure("std::bad_alloc")));
        Assert.False(AllocationFailure.Is(new NativeFailure("shapes cannot be multiplied")));
        Assert.False(AllocationFailure.Is(new InvalidOperationException("out of memory")));
        Assert.Equal("x: not enough memory (a); do y", AllocationFailure.ToError(new InsufficientMemoryException("a\nframe 1\nframe 2"), "x", "do y").Message);
    }

    private static TrainingJob Job(DecoderModel model, TemporaryFolder folder) =>
        new() { Model = model, Set = TrainingSet.Unweighted(Small.Samples(8)), Options = Small.Options with { Steps = 2 }, Folder = folder.Path };

    private sealed class Blank(IReadOnlyList<TokenizedSample> samples) : ICorpus
    {
        public IReadOnlyList<Sample> Samples { get; } = [.. samples.Select(s => new Sample(s.Key, null, s.Images, []))];

        public RgbImage LoadImage(Sample sample, int index) => new(Small.Side, Small.Side, new byte[Small.Side * Small.Side * 3]);
    }

    private sealed class NativeFailure(string message) : ExternalException(message);

    /// <summary>Prepares pictures, until one is too many.</summary>
    private sealed class Exhausted(int most) : IImageProcessor
    {
        private int _prepared;

        public PixelValues Rescale(RgbImage image) => new(3, image.Height, image.Width, Array.ConvertAll(image.Pixels, p => p / 255f));

        public PixelValues Normalize(PixelValues unit) => ++_prepared > most ? throw new InsufficientMemoryException("a picture too many") : unit;
    }
}
