using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Evaluation.Running;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Models.Initialisation;
using Fovea.Pipeline;
using Fovea.Pipeline.Stages;
using Fovea.Torch;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class AnswerGeneratorTests
{
    private static readonly GreyCorpus Corpus = new(("10.png", "1"), ("200.png", "2"), ("90.png", "3"));

    public AnswerGeneratorTests() => TorchRuntime.Start(1);

    private static Question[] Questions => [.. Corpus.Samples.Select(s => new Question(s, 1)), new Question(Corpus.Samples[0], 1)];

    [Fact]
    public void Answers_come_in_the_order_of_the_questions_whatever_the_batch()
    {
        using var model = ModelPresets.Create("tiny-llava", new PresetVocabulary(16, ImageTokenId: 15), seed: 1, new PresetSizes { InitializerRange = 0.3 });
        var one = AnswerGenerator.Generate(new ModelUnderTest(model, new DigitEncoder(), new FillProcessor(), 1), Corpus, Questions, 6,
            cancel: TestContext.Current.CancellationToken);
        var four = AnswerGenerator.Generate(new ModelUnderTest(model, new DigitEncoder(), new FillProcessor(), 4), Corpus, Questions, 6,
            cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Questions.Select(q => q.Sample.Key), one.Select(p => p.Key));
        Assert.Equal(one, four);
        Assert.Equal(one[0], one[3]);
        Assert.Equal(StepByStep(model, Corpus.Samples[1], 6), one[1].Text);
    }

    [Fact]
    public void A_model_that_sees_no_images_answers_from_the_text()
    {
        using var model = ModelPresets.Create("tiny-text-2", new PresetVocabulary(16), seed: 1);
        var answers = AnswerGenerator.Generate(new ModelUnderTest(model, new DigitEncoder(), null), Corpus, Questions, 4,
            cancel: TestContext.Current.CancellationToken);
        Assert.Single(answers.Select(a => a.Text).Distinct());
        Assert.NotEmpty(answers[0].Text);
    }

    [Fact]
    public void Questions_with_images_are_answered_by_the_decoding_method_and_the_others_plainly()
    {
        using var model = ModelPresets.Create("tiny-llava", new PresetVocabulary(16, ImageTokenId: 15), seed: 1, new PresetSizes { InitializerRange = 0.3 });
        var corpus = new GreyCorpus(("10.png", "1"), ("", "2"), ("200.png", "3"));
        Question[] questions = [.. corpus.Samples.Select(s => new Question(s, 1))];
        string[] Answers(DecodingMethod? method) => [.. AnswerGenerator.Generate(
            new ModelUnderTest(model, new DigitEncoder(), new FillProcessor()) { Method = method }, corpus, questions, 6,
            cancel: TestContext.Current.CancellationToken).Select(a => a.Text)];
        var plain = Answers(null);
        var guided = Answers(DecodingChoice.Parse("guidance@proxy=black,gamma=3,beta=0", Catalogues.BuiltIn));
        Assert.Equal(plain[1], guided[1]);
        Assert.NotEqual([plain[0], plain[2]], [guided[0], guided[2]]);
        var black = new PixelValues(3, 30, 30, new float[2700]);
        var (endId, method) = (new DigitEncoder().EndId, new ProxyGuidance(new ContrastImages("black", _ => [black])) { Gamma = 3, Beta = 0 });
        foreach (var i in new[] { 0, 2 })
        {
            var image = new FillProcessor().Rescale(corpus.LoadImage(corpus.Samples[i], 0));
            var prompt = SampleExpander.ExpandPrompt(model, corpus.Samples[i].Key, [TokenizedSample.ImagePlaceholder, 1], [image]);
            var options = new GenerationOptions { MaxNewTokens = 6, EndIds = [endId], Method = method };
            var found = TextGenerator.Generate(model, [prompt with { Contrast = prompt with { Images = [black] } }], options,
                cancel: TestContext.Current.CancellationToken);
            Assert.Equal(new DigitEncoder().Decode(found[0].Ids), guided[i]);
        }
    }

    [Fact]
    public void A_decoding_method_for_a_model_that_sees_nothing_is_an_error()
    {
        using var model = ModelPresets.Create("tiny-text-2", new PresetVocabulary(16), seed: 1);
        var error = Assert.Throws<FoveaException>(() => AnswerGenerator.Generate(
            new ModelUnderTest(model, new DigitEncoder(), null) { Method = new VcdMethod() }, Corpus, Questions, 4, cancel: TestContext.Current.CancellationToken));
        Assert.StartsWith("decoding by vcd: a llama model sees no images", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The likeliest id again and again, each time from the whole sequence.</summary>
    private static string StepByStep(VisionLanguageModel model, Sample sample, int steps)
    {
        var pixels = new FillProcessor().Rescale(Corpus.LoadImage(sample, 0));
        var encoder = new DigitEncoder();
        var prompt = SampleExpander.ExpandPrompt(model, sample.Key, encoder.EncodePrompt(sample, 1), [pixels]).InputIds;
        var said = new List<int>();
        for (var i = 0; i < steps; i++)
        {
            using var scope = torch.NewDisposeScope();
            // A made-up last id, whose prediction is asked for.
            int[] ids = [.. prompt, .. said, 0];
            using var batch = Collator.Collate(model, [new ExpandedSample(ids, [ids.Length - 1], [pixels])]);
            var next = (int)model.Logits(batch).argmax(1).item<long>();
            if (next == encoder.EndId)
            {
                break;
            }

            said.Add(next);
        }

        return encoder.Decode(said);
    }

    /// <summary>30 x 30 pixels of the image's level.</summary>
    private sealed class FillProcessor : IImageProcessor
    {
        public PixelValues Rescale(RgbImage image) => new(3, 30, 30, [.. Enumerable.Repeat(image.Pixels[0] / 255f, 2700)]);

        public PixelValues Normalize(PixelValues unit) => unit;
    }
}
