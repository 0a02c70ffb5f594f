using Fovea.Core.Samples;
using Fovea.Evaluation.Running;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Initialisation;
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
