using Fovea.Models.Adapters;
using Fovea.Models.Families;
using Fovea.Training.Examples;
using Fovea.Training.Options;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Training.Memory;

/// <summary>Estimates a run's memory from the shapes of the model and of its largest micro-batch.</summary>
internal sealed class MemoryPlanner(DecoderModel model, LoraAdapter? adapter, TrainingOptions options)
{
    private const int Float = sizeof(float), BFloat16 = 2;

    // Code of libtorch and its libraries that the first step pages in, and the managed heap's growth: measured on models from 1 to 30 M parameters.
    public const long FirstStepBytes = 56L << 20;

    // What is free between tensors: the allocator reuses aligned memory only in part (measured: 10 to 30 % of what a pass holds).
    private const double Overhead = 1.2;

    // An adapter's own products, and what a block holds of both ways through a map while their sum is taken.
    private const double AdapterOverhead = 1.15;

    /// <summary>Refuses what does not fit whatever the samples are: parameters, gradients and optimizer. To be called before the optimizer is made.</summary>
    /// <param name="limit">Of all memory; null for none.</param>
    /// <param name="growth">Of what is allocated beside the model; null for none.</param>
    /// <exception cref="Core.Errors.FoveaException">One line: planned, available, what to lower.</exception>
    public void RequireFixed(MemoryLimit? limit, MemoryLimit? growth)
    {
        const string Advice = "train a smaller model, freeze a part of it (training.frozen), or train an adapter (lora)";
        var beside = Bytes(All.Where(p => p.Value.requires_grad).Select(p => p.Value)) * (options.EmaDecay is null ? 3 : 4);
        MemoryLimits.Require("memory plan: parameters, gradients and optimizer take", Bytes(All.Select(p => p.Value)) + beside, limit, Advice);
        MemoryLimits.Require("memory plan: beside the model gradients and optimizer take another", beside, growth, Advice);
    }

    /// <summary>Makes the plan. Parameters, weights of the samples and the corpus must be in memory; no step must have run.</summary>
    /// <param name="largest">The sample with the most tokens, cut and expanded; null if none can be used.</param>
    /// <param name="snapshotBytes">Of one checkpoint.</param>
    public MemoryPlan Plan(WeightedSample? largest, long snapshotBytes)
    {
        var weights = Bytes(All.Select(p => p.Value));
        var trained = Bytes(All.Where(p => p.Value.requires_grad).Select(p => p.Value));
        var optimizer = (2 * trained) + (options.EmaDecay is null ? 0 : trained); // made by now
        var tokens = Tokens(largest, out var rows, out var images);
        var targets = largest is null
            ? 0 : (long)rows * (options.Packing ? Math.Max(1, tokens / rows / largest.Sample.InputIds.Length) : 1) * largest.Weights.Length;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // gives back what reading corpus and model left behind
        TorchRuntime.Trim();
        var resident = ProcessMemory.Resident();
        return new MemoryPlan
        {
            Weights = weights,
            Gradients = trained + (options.MicroBatchSize < options.BatchSize ? LargestTrained() : 0),
            Optimizer = optimizer,
            Activations = WaitingPixels(largest, images) + (long)(Overhead * (IsMixed
                ? MixedDecoder(rows, tokens) + Tower(images)
                : (adapter is null ? 1 : AdapterOverhead) * (Decoder(tokens) + Masks(rows, tokens) + Tower(images)))),
            Logits = Logits(Math.Min(targets, Objective.ChunkedHead.Rows(model, (long)options.MaxLogitsMib << 20))),
            CheckpointCopy = options.MakesCheckpoints ? snapshotBytes : 0,
            Process = Math.Max(0, resident - weights - optimizer) + FirstStepBytes,
            PeakBefore = ProcessMemory.Peak(),
        };
    }

    // A step's images are prepared before its first micro-batch, whose own are counted with the tower, and those of the next meanwhile.
    private long WaitingPixels(WeightedSample? largest, long images)
    {
        if (largest is not { Sample.Images: { Count: > 0 } all })
        {
            return 0;
        }

        var each = all.Sum(i => i.Values.LongLength * Float) / all.Count;
        return Math.Max(0, (2L * options.BatchSize * all.Count) - images) * each;
    }

    // Tokens of the largest micro-batch, padding included.
    private long Tokens(WeightedSample? largest, out int rows, out long images)
    {
        (rows, images) = (0, 0);
        if (largest is null)
        {
            return 0;
        }

        var length = largest.Sample.InputIds.Length;
        rows = Math.Min(options.MicroBatchSize ?? options.BatchSize, options.BatchSize);
        var row = options.Packing ? options.PackLength ?? options.MaxLength ?? model.MaxLength : length;
        rows = options.Packing ? (int)Math.Min(rows, Math.Ceiling(options.BatchSize * (double)length / row)) : rows;
        images = (long)(rows * (row / (double)length) * largest.Sample.Images.Count);
        return (long)rows * row;
    }

    private double Decoder(long tokens)
    {
        var c = model.Decoder.Config;
        var trains = Trains(model.Decoder.Prefix);
        var block = ActivationEstimate.DecoderBlock(c, Recorded);
        var casts = options.Precision == DType.BF16 ? BlockWeights(model.Decoder.Prefix) / 2.0 : 0; // weights in bfloat16, kept for the inputs' gradients
        var embeddings = 4.0 * Float * c.HiddenSize * tokens;
        if (!trains && !Trains(""))
        {
            return embeddings;
        }

        return embeddings + (options.GradientCheckpointing
            ? (tokens * (((double)c.NumLayers * c.HiddenSize * Float) + (3.75 * block)))
            + (casts / c.NumLayers) // a block's activations, their gradients, and what its first run left free
            : ((double)tokens * c.NumLayers * block) + casts);
    }

    // Gradients written out, in bfloat16. Before the blocks the embeddings in float32; behind them the output, and at the targets the final norm's tensors
    // and their gradient.
    private double MixedDecoder(int rows, long tokens)
    {
        var c = model.Decoder.Config;
        var embeddings = ((5.0 * Float) + BFloat16) * c.HiddenSize * tokens;
        if (rows == 0 || (!Trains(model.Decoder.Prefix) && !Trains("")))
        {
            return embeddings;
        }

        var seq = tokens / rows;
        var block = ActivationEstimate.MixedBlock(c, rows, seq, model.Mixed.Pieces) + (BlockWeights(model.Decoder.Prefix) / 2.0 / c.NumLayers);
        var gradients = (double)tokens * ActivationEstimate.MixedGradients(c);
        return embeddings + Masks(rows, tokens) + (options.GradientCheckpointing
            ? (tokens * (double)c.NumLayers * c.HiddenSize * BFloat16)
            + (2 * (block + gradients)) // twice: what a block's first run left free serves the second only in part
            : (c.NumLayers * block) + gradients);
    }

    // Added to scores where rows are packed: [rows, 1, seq, seq] in float32, a copy in bfloat16, and what it is made of.
    private double Masks(int rows, long tokens) => options.Packing && rows > 0 ? (Float + BFloat16 + BFloat16) * (double)tokens * (tokens / rows) : 0;

    private double Tower(long images)
    {
        if (model is not LlavaModel llava || images == 0)
        {
            return 0;
        }

        var c = llava.Config.Vision;
        if (c.Onnx is not null)
        {
            return ((3.0 * c.ImageSize * c.ImageSize) + ((double)c.NumTokens * c.HiddenSize)) * Float * images;
        }

        var tokens = (double)images * c.NumTokens;
        var block = ActivationEstimate.TowerBlock(c, Recorded);
        var pixels = 3.0 * Float * 3 * c.ImageSize * c.ImageSize * images;
        return pixels + (Trains("model.vision_tower.") && !options.GradientCheckpointing
            ? tokens * c.NumLayers * block
            : tokens * (block + (Trains("model.vision_tower.") ? (double)c.NumLayers * c.HiddenSize * Float : 0)));
    }

    // Between maps that carry an adapter activations stay in float32, and products share no casts: libtorch saves what it saves in float32.
    private DType Recorded => adapter is null ? options.Precision : DType.F32;

    private bool IsMixed => options.Precision == DType.BF16 && model.Decoder.IsMixed;

    // Logits, their log-softmax and its gradient in float32; with bf16 products logits in bfloat16, the head's copy and, if it is trained, its gradient.
    private long Logits(long rows)
    {
        var vocab = (long)model.VocabSize;
        return options.Precision == DType.F32
            ? 3 * rows * vocab * Float
            : BFloat16 * ((rows * vocab) + ((model.Decoder.MixedHead is { requires_grad: true } ? 2 : 1) * vocab * model.Decoder.Config.HiddenSize));
    }

    private IEnumerable<KeyValuePair<string, torch.Tensor>> All => [.. model.Parameters.All, .. adapter?.Parameters.All ?? []];

    // An adapter's parameter carries its module's name behind PEFT's prefix.
    private bool Trains(string prefix) =>
        All.Any(p => p.Value.requires_grad && p.Key.Replace("base_model.model.", "", StringComparison.Ordinal).StartsWith(prefix, StringComparison.Ordinal));

    private double BlockWeights(string prefix) => Bytes(
        model.Parameters.All.Where(p => p.Key.StartsWith(prefix + "layers.", StringComparison.Ordinal)).Select(p => p.Value));

    private long LargestTrained() => All.Where(p => p.Value.requires_grad).Select(p => p.Value.numel() * Float).DefaultIfEmpty().Max();

    private static long Bytes(IEnumerable<torch.Tensor> tensors) => tensors.Sum(t => t.numel() * t.element_size());
}
