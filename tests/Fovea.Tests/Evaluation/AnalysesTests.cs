using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Results;
using Fovea.Core.Samples;
using Fovea.Evaluation;
using Fovea.Evaluation.Analyses;
using Fovea.Evaluation.Running;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Guidance;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class AnalysesTests
{
    public AnalysesTests() => TorchRuntime.Start(1);

    [Fact]
    public void Attention_on_images_is_summed_by_photograph_and_layer()
    {
        using var model = ModelPresets.Create("tiny-llava", new PresetVocabulary(16, ImageTokenId: 15), seed: 1, new PresetSizes { NumLayers = 3, InitializerRange = 0.3 });
        var corpus = new GreyCorpus(("10.png", "1"), ("200.png", "2 3"), ("10.png", "4 5 6"));
        var result = Run("attention", model, corpus, new Fill());
        Assert.Equal(("photograph", 3), (result.Unit, result.Metrics.Count));
        foreach (var (layer, metric) in result.Metrics.Index())
        {
            Assert.Equal($"attention/layer_0{layer}", metric.Name);
            var expected = corpus.Samples.Select(s => ImageAttention.Of(model, SampleExpander.Expand(model, new DigitEncoder().Encode(s),
                [new Fill().Rescale(corpus.LoadImage(s, 0))]))).ToArray();
            Assert.Equal([expected[0].Mass[layer] + expected[2].Mass[layer], expected[1].Mass[layer]], metric.Numerators);
            Assert.Equal([3 + 5, 4], metric.Denominators); // the question's one token, the answer and its end
            Assert.InRange(metric.Value, 0.01, 0.99);
        }
    }

    [Fact]
    public void Vig_of_a_text_is_taken_with_a_matching_a_partly_matching_and_a_contradicting_image()
    {
        var corpus = new GreyCorpus(("0.png", "1 2 3"), ("51.png", "1 2"), ("102.png", "3"), ("153.png", "5"));
        var result = Run("image-triples", new BrightnessModel(), corpus, new UnitProcessor());
        Assert.Equal(["vig/matching", "vig/partly_matching", "vig/contradicting"], result.Metrics.Select(m => m.Name));

        // Words 1 and 2 are in two texts, 3 in two, 5 in one: the first text shares two words with the second, and none with the fourth.
        double Sum(float brightness) => BrightnessModel.LogProb(1, brightness, 1) + BrightnessModel.LogProb(2, brightness, 1)
            + BrightnessModel.LogProb(3, brightness, 2) + BrightnessModel.LogProb(0, brightness, 3);
        Assert.Equal(0, result.Metrics[0].Numerators[0], 1e-4); // its own image is black, which says what no image says
        Assert.Equal(Sum(0.2f) - Sum(0), result.Metrics[1].Numerators[0], 1e-4);
        Assert.Equal(Sum(0.6f) - Sum(0), result.Metrics[2].Numerators[0], 1e-4);
        Assert.All(result.Metrics, m => Assert.Equal([4, 3, 2, 2], m.Denominators));
    }

    [Fact]
    public void Vig_is_summed_over_the_targets_of_a_word_and_averaged_by_class_of_word()
    {
        var corpus = new GreyCorpus(("51.png", "1 2"), ("102.png", "3"));
        var result = Run("vig-words", new BrightnessModel(), corpus, new UnitProcessor());
        Assert.Equal(VisualLexicon.Classes.Select(c => "vig/" + c), result.Metrics.Select(m => m.Name));
        double Gain(int id, float brightness, int before) => BrightnessModel.LogProb(id, brightness, before) - BrightnessModel.LogProb(id, 0, before);
        var others = result.Metrics[^1]; // digits are in no list; the end tokens are no words
        Assert.Equal(Gain(1, 0.2f, 1) + Gain(2, 0.2f, 1), others.Numerators[0], 1e-4);
        Assert.Equal(Gain(3, 0.4f, 1), others.Numerators[1], 1e-4);
        Assert.Equal([2, 1], others.Denominators);
        Assert.All(result.Metrics.SkipLast(1), m => Assert.Equal(0, m.Count));
    }

    [Theory]
    [InlineData("white", "colours")]
    [InlineData("behind", "positions")]
    [InlineData("three", "counts")]
    [InlineData("wooden", "attributes")]
    [InlineData("the", "function_words")]
    [InlineData("giraffe", "other_words")]
    [InlineData(".", null)]
    public void A_word_has_one_class(string word, string? expected) => Assert.Equal(expected, VisualLexicon.ClassOf(word));

    [Fact]
    public void Ties_among_other_photographs_are_drawn_and_never_the_texts_own_nor_one_twice()
    {
        var words = new PhotographWords([["a", "dog"], ["a", "dog", "runs"], ["a", "cat"], ["a", "cup"]]);
        var drawn = Enumerable.Range(0, 40).Select(seed => words.Others(0, ["a", "dog"], new RandomSource(seed, "test"))).ToArray();
        Assert.All(drawn, d => Assert.Equal(1, d.Most)); // "a" is everywhere and weighs nothing
        Assert.Equal([2, 3], drawn.Select(d => d.Least).Distinct().Order());
        drawn = [.. Enumerable.Range(0, 40).Select(seed => words.Others(2, ["a"], new RandomSource(seed, "test")))];
        Assert.Equal([0, 1, 3], drawn.Select(d => d.Most).Distinct().Order());
        Assert.All(drawn, d => Assert.True(d.Most != d.Least && d.Least != 2));
    }

    [Theory]
    [InlineData("attention")]
    [InlineData("image-triples")]
    [InlineData("vig-words")]
    public void A_model_that_sees_no_images_is_refused(string name)
    {
        using var model = ModelPresets.Create("tiny-text-2", new PresetVocabulary(16), seed: 1);
        var error = Assert.Throws<FoveaException>(() => Run(name, model, new GreyCorpus(("10.png", "1")), new UnitProcessor()));
        Assert.StartsWith($"{name}: a llama model sees no images", error.Message, StringComparison.Ordinal);
    }

    private static EvalResult Run(string name, VisionLanguageModel model, ICorpus corpus, IImageProcessor processor) =>
        Assert.Single(Benchmarks.BuiltIn.Get(name).Run(new BenchmarkInput(corpus, _ => new ModelUnderTest(model, new DigitEncoder(), processor))));

    private sealed class Fill : IImageProcessor
    {
        public PixelValues Rescale(RgbImage image) => new(3, 30, 30, [.. Enumerable.Repeat(image.Pixels[0] / 64f, 2700)]);

        public PixelValues Normalize(PixelValues unit) => unit;
    }
}
