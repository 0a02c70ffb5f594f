using Fovea.Core.Randomness;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Targets;
using TorchSharp;

namespace Fovea.Verification.Benches;

/// <summary>
/// Scoring against the loop a user would write, and against the machine's matmul rate. Everything is taken in turn in one run, best of several: a
/// LLaVA of 12 decoder and 12 tower layers with 32,000 tokens of vocabulary on samples of mixed lengths, and a text-only decoder whose
/// blocks have 270 million parameters.
/// </summary>
public sealed class ScoreBench(int rounds, Action<string> notice)
{
    private const int NumSamples = 12, TokenBudget = 4096, LlavaTries = 2;
    private const int Sequence = 512, Sequences = 4, Targets = 128, DecoderRounds = 4;

    private static readonly PresetSizes DecoderSizes = new() { HiddenSize = 1024, NumLayers = 21, NumHeads = 16, IntermediateSize = 2816, MaxPositions = 2048 };

    /// <summary>Measures, and returns the figures.</summary>
    public JsonObject Run(CancellationToken cancel)
    {
        using var rates = new MatmulRates();
        var llava = Llava(rates, cancel);
        var decoder = Decoder(rates, cancel);
        return new JsonObject
        {
            ["over_user_loop"] = llava.LoopF32.Seconds / llava.Fovea.Seconds,
            ["over_same_dtype_loop"] = llava.LoopBF16.Seconds / llava.Fovea.Seconds,
            ["share_of_matmul_rate"] = decoder.Share,
            ["share_best_of_best"] = decoder.Gflop / decoder.Best.Seconds / rates.BF16,
            ["tokens_per_second"] = Sequences * Sequence / decoder.Best.Seconds,
            ["share_of_single_product_peak"] = decoder.Gflop / decoder.Best.Seconds / rates.Peak,
            ["matmul_gflops"] = new JsonObject { ["f32"] = rates.F32, ["bf16"] = rates.BF16, ["bf16_single_product_peak"] = rates.Peak },
            ["rate_ratio"] = rates.Ratio,
            ["vig_tokens_per_second"] = llava.Tokens / llava.Fovea.Seconds,
            ["decoder_block_parameters"] = (double)decoder.BlockParameters,
            ["largest_difference_nats"] = llava.Difference,
        };
    }

    private (Best LoopF32, Best LoopBF16, Best Fovea, int Tokens, double Difference) Llava(MatmulRates rates, CancellationToken cancel)
    {
        notice("a LLaVA against a user's loop");
        using var model = (LlavaModel)ModelPresets.Create("small-llava", new PresetVocabulary(BenchModel.Vocabulary, ImageTokenId: BenchModel.ImageTokenId),
            1, BenchModel.Sizes);
        using var f32 = new PlainLlava(model.Config, model.Parameters, torch.ScalarType.Float32);
        using var bf16 = new PlainLlava(model.Config, model.Parameters, torch.ScalarType.BFloat16);
        model.Policy = MatmulPolicy.BF16;
        model.Pack();
        var samples = Samples(model); // under the image, then under its stand-in
        var parts = Parts(samples);
        var (loopF32, loopBF16, fovea) = (new Best(), new Best(), new Best());
        var difference = 0.0;
        for (var round = 0; round < rounds; round++)
        {
            for (var part = 0; part < parts.Count; part++)
            {
                cancel.ThrowIfCancellationRequested();
                float[][] expected = [], found = [];
                loopF32.Time(part, () => expected = [.. parts[part].Select(f32.Score)]);
                for (var i = 0; i < LlavaTries; i++)
                {
                    cancel.ThrowIfCancellationRequested();
                    loopBF16.Time(part, () => parts[part].ForEach(s => bf16.Score(s)));
                    fovea.Time(part, () => found = TargetLogProbs.Compute(model, parts[part]));
                }

                rates.Measure(fovea.Seconds / parts.Count);
                difference = Math.Max(difference, expected.Zip(found, (e, f) => e.Zip(f, (x, y) => Math.Abs(x - y)).Max()).Max());
            }

            rates.MeasureF32();
            notice($"round {round + 1} of {rounds}: {loopF32.Seconds:0.0} s, {loopBF16.Seconds:0.0} s, {fovea.Seconds:0.00} s");
        }

        return (loopF32, loopBF16, fovea, samples.Sum(s => s.InputIds.Length), difference);
    }

    private (Best Best, double Share, double Gflop, long BlockParameters) Decoder(MatmulRates rates, CancellationToken cancel)
    {
        notice("a decoder of 270 million parameters");
        using var model = (TextModel)ModelPresets.Create("small-text", new PresetVocabulary(BenchModel.Vocabulary), 1, DecoderSizes);
        model.Pack();
        var random = new RandomSource(1, "bench");
        var samples = Enumerable.Range(0, Sequences).Select(_ => new ExpandedSample(
            [.. Enumerable.Range(0, Sequence).Select(_ => random.Next(BenchModel.Vocabulary))],
                [.. Enumerable.Range(Sequence - Targets, Targets)], [])).ToList();
        var best = new Best();
        var parameters = model.Parameters.All.Where(p => p.Key.Contains(".layers.", StringComparison.Ordinal) && p.Value.dim() == 2).Sum(p => p.Value.numel());
        var gflop = 2.0 * parameters * Sequences * Sequence / 1e9;
        var paired = new Paired(rates, best, gflop);
        for (var round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            rates.MeasureF32();
            paired.Time(DecoderRounds, () => TargetLogProbs.Compute(model, samples));
        }

        return (best, paired.Median, gflop, parameters);
    }

    /// <summary>
    /// Our batches. A loop's time with the same samples, one by one, is taken next to each of them, since the machine may be another a few seconds later.
    /// </summary>
    private static List<List<ExpandedSample>> Parts(List<ExpandedSample> samples) => [.. new[] { 0, samples.Count / 2 }.SelectMany(half =>
    {
        var condition = samples.GetRange(half, samples.Count / 2);
        return Fovea.Models.Batching.TokenBudget.Plan(condition.ConvertAll(s => s.InputIds.Length), TokenBudget)
            .Select(batch => batch.Select(i => condition[i]).ToList());
    })];

    /// <summary>Prompts and answers of 40 to 400 tokens beside an image; a third of the text is answer.</summary>
    private static List<ExpandedSample> Samples(LlavaModel model)
    {
        var random = new RandomSource(2, "bench");
        var side = model.Config.Vision.ImageSize;
        PixelValues Image() => new(3, side, side, [.. Enumerable.Range(0, 3 * side * side).Select(_ => (float)random.NextGaussian())]);
        var image = model.ImageTokenIds(side, side);
        var texts = Enumerable.Range(0, NumSamples).Select(i => 40 + (360 * i / (NumSamples - 1))).Select(length =>
        {
            int[] ids = [1, .. image, .. Enumerable.Range(0, length).Select(_ => 10 + random.Next(BenchModel.Vocabulary - 10))];
            return (Ids: ids, Targets: Enumerable.Range(ids.Length - (length / 3), length / 3).ToArray());
        }).ToList();
        return [.. texts.Concat(texts).Select(t => new ExpandedSample(t.Ids, t.Targets, [Image()]))];
    }
}
