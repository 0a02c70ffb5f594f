using Fovea.Models.Batching;
using Fovea.Models.Generation;
using Fovea.Models.Initialisation;
using Fovea.Models.Targets;
using Fovea.Models.Vision;
using Fovea.Pipeline;
using Fovea.Pipeline.Stages;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Features of images that are kept: each image is encoded once, and nothing else changes, whatever is kept.</summary>
public sealed class ImageFeatureTests
{
    private const long OneImage = 9 * 64 * 4; // 30 x 30 pixels are 9 tokens of the preset's 64 numbers

    private static readonly GenerationOptions Greedy = new() { MaxNewTokens = 8, EndIds = [2] };

    public ImageFeatureTests() => TorchRuntime.Start(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 3)]
    [InlineData("vcd", 6)]
    [InlineData("guidance@proxy=none", 3)]
    [InlineData("pai@first_layer=0", 3)]
    public void An_image_is_encoded_once_and_what_is_kept_changes_no_bit(string method, int different)
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 4, Loud);
        var options = Greedy with { Method = DecodingChoice.Parse(method.Length == 0 ? null : method, Catalogues.BuiltIn) };
        ExpandedSample[] prompts = [.. Enumerable.Range(0, 9).Select(i => Make(model, 3 + i, i) with { Images = [Image(i % 3)] })];
        using var noGrad = no_grad();
        (string Ids, float[] Scores, int Encoded) Run(long bytes)
        {
            using var features = new ImageFeatureCache(bytes);
            var ids = prompts.Chunk(4).SelectMany(b => TextGenerator.Generate(model, b, options with { ImageFeatures = features }, cancel: Cancel)).ToArray();
            using var scores = TextGenerator.FirstScores(model, prompts, options with { ImageFeatures = features });
            return (string.Join('|', ids.Select(s => string.Join(' ', s.Ids))), scores.data<float>().ToArray(), features.Encoded);
        }

        var all = Run(ImageFeatureCache.DefaultBytes);
        Assert.Equal(different, all.Encoded);
        foreach (var bytes in new[] { 0, OneImage, 2 * OneImage })
        {
            var less = Run(bytes);
            Assert.Equal((all.Ids, true), (less.Ids, less.Scores.AsSpan().SequenceEqual(all.Scores)));
            Assert.True(less.Encoded > different, $"{bytes} bytes held {different} images");
        }

        using var together = TextGenerator.FirstScores(model, prompts, options);
        using var scope = NewDisposeScope();
        var kept = tensor(all.Scores, together.shape);
        Assert.Equal(together.isfinite(), kept.isfinite());
        AssertClose(kept.nan_to_num(neginf: 0), together.nan_to_num(neginf: 0));
    }

    [Fact]
    public void Likelihoods_of_given_texts_are_those_without_a_cache()
    {
        using var model = ModelPresets.Create("tiny-llava", Vocabulary, 4, Loud);
        using var features = new ImageFeatureCache();
        ExpandedSample[] samples = [.. Enumerable.Range(0, 4).Select(i => Make(model, 3 + i, i) with { Images = [Image(7)] })];
        Assert.All(TargetLogProbs.Compute(model, samples).Zip(TargetLogProbs.Compute(model, samples, features)),
            p => Assert.All(p.First.Zip(p.Second), x => Assert.Equal(x.First, x.Second, 1e-5)));
        Assert.Equal(1, features.Encoded);
    }

    [Theory]
    [InlineData("tiny-solo")]
    [InlineData("tiny-text-2")]
    public void A_model_without_a_tower_is_not_touched(string preset)
    {
        using var model = ModelPresets.Create(preset, Vocabulary, 4, Loud);
        using var features = new ImageFeatureCache();
        ExpandedSample[] prompts = [Make(model, 4, 1), Make(model, 6, 1)];
        Assert.Equal(TextGenerator.Generate(model, prompts, Greedy, cancel: Cancel).Select(s => string.Join(' ', s.Ids)),
            TextGenerator.Generate(model, prompts, Greedy with { ImageFeatures = features }, cancel: Cancel).Select(s => string.Join(' ', s.Ids)));
        Assert.Equal(0, features.Encoded);
    }
}
