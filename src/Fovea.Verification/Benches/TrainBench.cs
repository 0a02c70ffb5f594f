using Fovea.Core.Randomness;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Optimization;
using Fovea.Training.Running;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Fovea.Verification.Benches;

/// <summary>
/// A training step against the plain TorchSharp loop (float32, <c>optim.AdamW</c>, logits of every position) and against the machine's matmul rate.
/// Everything is taken in turn in one run, best of several: a decoder of 110 million parameters on sequences of 512 tokens and on a long one, and a LLaVA of
/// the same decoder with its tower frozen.
/// </summary>
public sealed class TrainBench(int rounds, int longSequence, Action<string> notice)
{
    private const int Sequence = 512, Sequences = 4, LlavaText = 316;
    private const double LearningRate = 1e-4, ClipNorm = 1;

    /// <summary>Measures, and returns the figures.</summary>
    public JsonObject Run(CancellationToken cancel)
    {
        using var rates = new MatmulRates();
        var figures = Decoder(rates, cancel);
        figures["long_sequence"] = Long(rates, cancel);
        figures["llava"] = Llava(cancel);
        figures["matmul_gflops"] = new JsonObject { ["f32"] = rates.F32, ["bf16"] = rates.BF16, ["bf16_single_product_peak"] = rates.Peak };
        figures["rate_ratio"] = rates.Ratio;
        return figures;
    }

    private JsonObject Decoder(MatmulRates rates, CancellationToken cancel)
    {
        notice("a decoder of 110 million parameters");
        using var model = (TextModel)ModelPresets.Create("small-text", new PresetVocabulary(BenchModel.Vocabulary), 1, BenchModel.Sizes);
        using var plain = new PlainTraining(model.Parameters, _ => true);
        var loop = new PlainDecoder(model.Decoder.Config, plain.Weights, "model.");
        using var ours = Ours(model, _ => true);
        var (all, most, few) = (Samples(1), Samples(0.66), Samples(0.21));
        var (plainTime, whole, recomputed, mostTime, fewTime) = (new Best(), new Best(), new Best(), new Best(), new Best());
        var parameters = model.Parameters.NumElements - (BenchModel.Vocabulary * (long)model.Decoder.Config.HiddenSize); // all but the input embedding
        var tokens = Sequences * Sequence;
        var gflop = 6.0 * parameters * tokens / 1e9;
        var paired = new Paired(rates, whole, gflop);
        for (var round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            plainTime.Time(() => plain.Step(() => Loss(loop.Forward(loop.Embed(Ids(all))), Ids(all))));
            rates.MeasureF32();
            paired.Time(2, () => ours.Step(all, recompute: false));
            for (var i = 0; i < 2; i++)
            {
                mostTime.Time(() => ours.Step(most, recompute: false));
                fewTime.Time(() => ours.Step(few, recompute: false));
                recomputed.Time(() => ours.Step(all, recompute: true));
            }

            notice($"round {round + 1} of {rounds}: {plainTime.Seconds:0.0} s, {whole.Seconds:0.00} s");
        }

        return new JsonObject
        {
            ["over_plain_loop"] = plainTime.Seconds / whole.Seconds,
            ["share_of_matmul_rate"] = paired.Median,
            ["share_best_of_best"] = gflop / whole.Seconds / rates.BF16,
            ["share_of_single_product_peak"] = gflop / whole.Seconds / rates.Peak,
            ["tokens_per_second"] = tokens / whole.Seconds,
            ["parameters"] = (double)parameters,
            ["checkpointing_cost"] = recomputed.Seconds / whole.Seconds,
            ["step_peak_mib"] = StepMemory.Peak(() => ours.Step(all, recompute: false)),
            ["step_peak_mib_checkpointed"] = StepMemory.Peak(() => ours.Step(all, recompute: true)),
            ["plain_step_peak_mib"] = StepMemory.Peak(() => plain.Step(() => Loss(loop.Forward(loop.Embed(Ids(all))), Ids(all)))),
            ["step_seconds"] = new JsonObject { ["supervised_100"] = whole.Seconds, ["supervised_66"] = mostTime.Seconds, ["supervised_21"] = fewTime.Seconds },
        };
    }

    /// <summary>One sequence whose attention is too large for its probabilities to be kept.</summary>
    private JsonObject Long(MatmulRates rates, CancellationToken cancel)
    {
        notice($"the same decoder, {longSequence} tokens in one sequence");
        using var model = (TextModel)ModelPresets.Create("small-text", new PresetVocabulary(BenchModel.Vocabulary), 1, BenchModel.Sizes);
        using var plain = new PlainTraining(model.Parameters, _ => true);
        var loop = new PlainDecoder(model.Decoder.Config, plain.Weights, "model.");
        using var ours = Ours(model, _ => true);
        var samples = Samples(1, 1, longSequence);
        var (plainTime, whole, recomputed) = (new Best(), new Best(), new Best());
        var gflop = 6.0 * (model.Parameters.NumElements - (BenchModel.Vocabulary * (long)model.Decoder.Config.HiddenSize)) * longSequence / 1e9;
        var paired = new Paired(rates, whole, gflop);
        void Plain() => plain.Step(() => Loss(loop.Forward(loop.Embed(Ids(samples))), Ids(samples)));
        for (var round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            plainTime.Time(Plain);
            paired.Time(2, () => ours.Step(samples, recompute: false));
            recomputed.Time(() => ours.Step(samples, recompute: true));
            notice($"round {round + 1} of {rounds}: {plainTime.Seconds:0.0} s, {whole.Seconds:0.00} s");
        }

        return new JsonObject
        {
            ["tokens"] = (double)longSequence,
            ["over_plain_loop"] = plainTime.Seconds / whole.Seconds,
            ["share_of_matmul_rate"] = paired.Median,
            ["tokens_per_second"] = longSequence / whole.Seconds,
            ["checkpointing_cost"] = recomputed.Seconds / whole.Seconds,
            ["step_peak_mib"] = StepMemory.Peak(() => ours.Step(samples, recompute: false)),
            ["step_peak_mib_checkpointed"] = StepMemory.Peak(() => ours.Step(samples, recompute: true)),
            ["plain_step_peak_mib"] = StepMemory.Peak(Plain),
        };
    }

    private JsonObject Llava(CancellationToken cancel)
    {
        notice("a LLaVA, tower frozen");
        using var model = (LlavaModel)ModelPresets.Create("small-llava", new PresetVocabulary(BenchModel.Vocabulary, ImageTokenId: BenchModel.ImageTokenId),
            1, BenchModel.Sizes);
        static bool Trains(string name) => !name.StartsWith("model.vision_tower.", StringComparison.Ordinal);
        using var plain = new PlainTraining(model.Parameters, Trains);
        using var loop = new PlainLlava(model.Config, plain.Weights, ScalarType.Float32);
        using var ours = Ours(model, Trains);
        var samples = LlavaSamples(model);
        var (plainTime, whole) = (new Best(), new Best());
        for (var round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            plainTime.Time(() => plain.Step(() => samples.Select(s => Loss(loop.Logits(s.Sample), Row(s.Sample), s.Sample.TargetIndices).Over(samples.Count))
                .Aggregate((a, b) => a.Plus(b))));
            whole.Time(() => ours.Step(samples, recompute: false));
            notice($"round {round + 1} of {rounds}: {plainTime.Seconds:0.0} s, {whole.Seconds:0.00} s");
        }

        return new JsonObject
        {
            ["over_plain_loop"] = plainTime.Seconds / whole.Seconds,
            ["samples_per_second"] = samples.Count / whole.Seconds,
            ["tokens_per_second"] = samples.Sum(s => s.Sample.InputIds.Length) / whole.Seconds,
        };
    }

    private static OurTraining Ours(DecoderModel model, Func<string, bool> trains)
    {
        model.Policy = MatmulPolicy.BF16;
        model.Parameters.SetTrainable(trains);
        return new OurTraining(model);
    }

    /// <summary>The same ids, of whose tokens a share is weighted, drawn at random as a selection by token leaves them.</summary>
    private static List<WeightedSample> Samples(double share, int count = Sequences, int sequence = Sequence)
    {
        var random = new RandomSource(1, "bench");
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int[] ids = [.. Enumerable.Range(0, sequence).Select(_ => random.Next(BenchModel.Vocabulary))];
            int[] targets = [.. Enumerable.Range(1, sequence - 1).Where(_ => random.NextDouble() < share)];
            return WeightedSample.Create(new SampleKey("bench", i), new ExpandedSample(ids, targets, []), null);
        })];
    }

    private static List<WeightedSample> LlavaSamples(LlavaModel model)
    {
        var random = new RandomSource(2, "bench");
        var side = model.Config.Vision.ImageSize;
        return [.. Enumerable.Range(0, Sequences).Select(i =>
        {
            int[] ids = [1, .. model.ImageTokenIds(side, side),
                .. Enumerable.Range(0, LlavaText - 1).Select(_ => 10 + random.Next(BenchModel.Vocabulary - 10))];
            var image = new PixelValues(3, side, side, [.. Enumerable.Range(0, 3 * side * side).Select(_ => (float)random.NextGaussian())]);
            int[] targets = [.. Enumerable.Range(ids.Length - (LlavaText / 2), LlavaText / 2)];
            return WeightedSample.Create(new SampleKey("bench", i), new ExpandedSample(ids, targets, [image]), null);
        })];
    }

    private static Tensor Ids(List<WeightedSample> samples) =>
        tensor(samples.SelectMany(s => s.Sample.InputIds).Select(i => (long)i).ToArray()).view(samples.Count, -1);

    private static Tensor Row(ExpandedSample sample) => tensor(Array.ConvertAll(sample.InputIds, i => (long)i)).unsqueeze(0);

    /// <summary>Cross-entropy of every next token, or of those named, from logits of every position.</summary>
    private static Tensor Loss(Tensor logits, Tensor ids, int[]? targets = null)
    {
        var labels = ids.narrow(1, 1, ids.shape[1] - 1).clone();
        if (targets is not null)
        {
            var kept = zeros_like(labels).index_copy_(1, tensor(Array.ConvertAll(targets, t => (long)t - 1)), ones_like(labels).narrow(1, 0, targets.Length));
            labels = labels.Masked(kept.IsNumber(0), -100);
        }

        return nn.functional.cross_entropy(logits.narrow(1, 0, ids.shape[1] - 1).flatten(0, 1), labels.flatten());
    }

    /// <summary>The plain loop: float32, <c>optim.AdamW</c>, clipping by norm.</summary>
    private sealed class PlainTraining : IDisposable
    {
        private readonly Parameter[] _trained;
        private readonly optim.Optimizer _optimizer;

        public PlainTraining(ParameterSet parameters, Func<string, bool> trains)
        {
            Weights = parameters.All.ToDictionary(p => p.Key, p => trains(p.Key)
                ? new Parameter(p.Value.detach().clone().DetachFromDisposeScope())
                : p.Value.detach().clone().DetachFromDisposeScope());
            _trained = [.. Weights.Values.OfType<Parameter>()];
            _optimizer = optim.AdamW(_trained, LearningRate);
        }

        public Dictionary<string, Tensor> Weights { get; }

        public void Step(Func<Tensor> loss)
        {
            using var scope = NewDisposeScope();
            _optimizer.zero_grad();
            loss().backward();
            nn.utils.clip_grad_norm_(_trained, ClipNorm);
            _optimizer.step();
        }

        public void Dispose()
        {
            _optimizer.Dispose();
            foreach (var weight in Weights.Values)
            {
                weight.Dispose();
            }
        }
    }

    /// <summary>The trainer's own step: bfloat16 products, float32 masters, fused AdamW.</summary>
    private sealed class OurTraining(DecoderModel model) : IDisposable
    {
        private readonly AdamW _optimizer = new(model.Parameters, new AdamWSettings(0.9, 0.999, 1e-8, 0.01));

        public void Step(List<WeightedSample> samples, bool recompute)
        {
            var step = new TrainStep(model, _optimizer, new StepLayout(samples.Count, Recompute: recompute), ClipNorm);
            if (step.Run(samples, LearningRate).Fault is { } fault)
            {
                throw new InvalidOperationException(fault);
            }
        }

        public void Dispose() => _optimizer.Dispose();
    }
}
