using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Generation;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>
/// Beam search beside a plain account of what Transformers does, in its own terms: fixed tables of beams where what is barred loses 1e9, one prompt, no cache.
/// The reference values hardly ever end a row early; here many ids do.
/// </summary>
public sealed class GenerationBeamTests
{
    private const float Barred = -1e9f;
    private const int MaxNewTokens = 9;

    public GenerationBeamTests() => TorchRuntime.Start(1);

    public static TheoryData<long, EarlyStopping, double> Settings => new MatrixTheoryData<long, EarlyStopping, double>(
        [1, 2, 3], [EarlyStopping.Estimate, EarlyStopping.WhenFull, EarlyStopping.Never], [1, 0, -0.5, 2]);

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void A_number_of_beams_that_no_search_needs_is_refused_before_it_takes_memory(int beams)
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 1, new PresetSizes());
        var error = Assert.Throws<FoveaException>(() => TextGenerator.Generate(
            model, [Make(model, 3, 1)], new GenerationOptions { EndIds = [2], Beams = new BeamOptions { NumBeams = beams } },
                cancel: TestContext.Current.CancellationToken));
        Assert.Contains($"expected from 1 to 1024, got {beams}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Beams_end_and_score_as_in_the_reference(long seed, EarlyStopping stopping, double lengthPenalty)
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, seed, new PresetSizes { InitializerRange = 0.08 });
        ExpandedSample[] prompts = [.. Enumerable.Range(0, 4).Select(i => Make(model, 3 + i, (seed * 10) + i))];
        var ends = Ends(seed);
        var beams = new BeamOptions { NumBeams = 1 + (int)seed, LengthPenalty = lengthPenalty, EarlyStopping = stopping };
        var options = new GenerationOptions { MaxNewTokens = MaxNewTokens, EndIds = ends, Beams = beams };
        var found = TextGenerator.Generate(model, prompts, options, cancel: TestContext.Current.CancellationToken);
        for (var i = 0; i < prompts.Length; i++)
        {
            var (ids, score) = Expected(model, prompts[i].InputIds, [.. ends], beams);
            Assert.Equal(ids, found[i].EndId is { } end ? [.. found[i].Ids, end] : found[i].Ids);
            Assert.Equal(score, found[i].Score!.Value, 1e-4);
        }
    }

    [Fact]
    public void These_settings_end_rows_early_and_not_all_alike()
    {
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 2, new PresetSizes { InitializerRange = 0.08 });
        var lengths = new[] { 0.0, 1, 2 }.Select(lengthPenalty => Enumerable.Range(0, 4).Sum(i => Expected(
            model, Make(model, 3 + i, 20 + i).InputIds, [.. Ends(2)], new BeamOptions { NumBeams = 3, LengthPenalty = lengthPenalty }).Ids.Length)).ToArray();
        Assert.True(lengths.Min() < 4 * MaxNewTokens && lengths.Distinct().Count() > 1, string.Join(", ", lengths));
    }

    /// <summary>Fifteen, thirty or half of the ids.</summary>
    private static int[] Ends(long seed) => new RandomSource(seed, "test/ends").Permutation(90)[..(15 * (int)seed)];

    private static (int[] Ids, float Score) Expected(VisionLanguageModel model, int[] prompt, HashSet<int> ends, BeamOptions options)
    {
        var n = options.NumBeams;
        var running = Enumerable.Range(0, n).Select(i => (Ids: Array.Empty<int>(), Score: i == 0 ? 0 : Barred)).ToArray();
        var best = Enumerable.Range(0, n).Select(_ => (Ids: Array.Empty<int>(), Score: Barred, IsFinished: false)).ToArray();
        var (canImprove, early) = (true, options.EarlyStopping == EarlyStopping.WhenFull);
        for (var length = 1; ; length++)
        {
            var candidates = running
                .SelectMany(beam => NextLogProbs(model, [.. prompt, .. beam.Ids])
                    .Select((logProb, id) => (Ids: (int[])[.. beam.Ids, id], Score: beam.Score + logProb)))
                .OrderByDescending(c => c.Score).Take(Math.Max(2, 1 + ends.Count) * n).ToArray();
            var hits = Array.ConvertAll(candidates, c => ends.Contains(c.Ids[^1]) || length == MaxNewTokens);
            running = [.. candidates.Select((c, i) => c with { Score = c.Score + (hits[i] ? Barred : 0) }).OrderByDescending(c => c.Score).Take(n)];

            var isFull = best.All(b => b.IsFinished) && early;
            var ended = candidates.Select((c, i) =>
            {
                var isEnd = hits[i] && i < n;
                var score = c.Score / (float)Math.Pow(length, options.LengthPenalty);
                return (c.Ids, Score: score + (isFull ? Barred : 0) + (canImprove ? 0 : Barred) + (isEnd ? 0 : Barred), IsFinished: isEnd);
            });
            best = [.. best.Concat(ended).OrderByDescending(b => b.Score).Take(n)];

            var hypothetical = options.EarlyStopping == EarlyStopping.Never && options.LengthPenalty > 0 ? MaxNewTokens : length;
            var possible = running[0].Score / (float)Math.Pow(hypothetical, options.LengthPenalty);
            var worst = best.Min(b => b.Score);
            canImprove &= best.Any(b => possible > (b.IsFinished ? worst : Barred));
            if (!canImprove || (early && best.All(b => b.IsFinished)) || hits.All(h => h))
            {
                return (best[0].Ids, best[0].Score);
            }
        }
    }

    private static float[] NextLogProbs(VisionLanguageModel model, int[] ids)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var batch = Collator.Collate(model, [new ExpandedSample([.. ids, 0], [ids.Length], [])]);
        return Golden.Floats(model.Logits(batch).log_softmax(-1));
    }
}
