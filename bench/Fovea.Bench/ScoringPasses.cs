using System.Diagnostics;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using Fovea.Models.Targets;
using Fovea.Verification.Benches;

namespace Fovea.Bench;

/// <summary>
/// What a scoring pass of VIG costs by condition, and what the divergence of both predictions adds, on the LLaVA of <c>fovea bench score</c>: 12 decoder and
/// 12 tower layers of 768, a vocabulary of 32,000, a third of the text answers.
/// </summary>
internal sealed class ScoringPasses : IDisposable
{
    private const int NumSamples = 6;
    private readonly LlavaModel _model = (LlavaModel)ModelPresets.Create(
        "small-llava", new PresetVocabulary(BenchModel.Vocabulary, ImageTokenId: BenchModel.ImageTokenId), 1, BenchModel.Sizes);

    /// <summary>Times each pass in turn, and writes the best times of the rounds.</summary>
    public void Measure(TextWriter output, int rounds, bool packed)
    {
        if (packed)
        {
            _model.Policy = MatmulPolicy.BF16;
            _model.Pack();
        }

        var (image, none) = (Samples(withImage: true), Samples(withImage: false));
        double imageBest = double.MaxValue, noneBest = double.MaxValue, bothBest = double.MaxValue, share = double.MaxValue;
        for (var round = 0; round < rounds; round++)
        {
            imageBest = Math.Min(imageBest, Seconds(() => TargetLogProbs.Scores(_model, image)));
            noneBest = Math.Min(noneBest, Seconds(() => TargetLogProbs.Scores(_model, none)));
            var divergence = 0.0;
            var both = Seconds(() => TargetLogProbs.Scores(_model, image, read: (logits, batch) => TargetLogProbs.Scores(_model, image, read: (others, _) =>
                divergence += Seconds(() => TargetLogProbs.Divergence(logits, 0, others, 0, batch.TargetOffsets[^1])))));
            (bothBest, share) = (Math.Min(bothBest, both), Math.Min(share, divergence / both));
        }

        output.WriteLine($"{(packed ? "bf16" : "f32")}, {NumSamples} samples, {image.Sum(s => s.InputIds.Length)} tokens with images, "
            + $"{none.Sum(s => s.InputIds.Length)} without, {image.Sum(s => s.TargetIndices.Length)} targets; best of {rounds}: image {imageBest:0.00} s, "
            + $"none {noneBest:0.00} s; image and another image {2 * imageBest:0.00} s, image and none {imageBest + noneBest:0.00} s, rate over that of two images "
            + $"{2 * imageBest / (imageBest + noneBest):0.00}; two images with divergence {bothBest:0.00} s, of which the divergence {100 * share:0.00} %");
    }

    public void Dispose() => _model.Dispose();

    private static double Seconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }

    private List<ExpandedSample> Samples(bool withImage)
    {
        var random = new RandomSource(2, "bench");
        var side = _model.Config.Vision.ImageSize;
        return [.. Enumerable.Range(0, NumSamples).Select(i =>
        {
            var length = 40 + (360 * i / (NumSamples - 1));
            int[] text = [.. Enumerable.Range(0, length).Select(_ => 10 + random.Next(BenchModel.Vocabulary - 10))];
            int[] ids = [1, .. withImage ? _model.ImageTokenIds(side, side) : [], .. text];
            var targets = Enumerable.Range(ids.Length - (length / 3), length / 3).ToArray();
            return new ExpandedSample(ids, targets,
                withImage ? [new PixelValues(3, side, side, [.. Enumerable.Range(0, 3 * side * side).Select(_ => (float)random.NextGaussian())])] : []);
        })];
    }
}
