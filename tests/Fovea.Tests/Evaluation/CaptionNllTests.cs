using Fovea.Core.Errors;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Running;
using Fovea.Models.Batching;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class CaptionNllTests : IDisposable
{
    private readonly BrightnessModel _model = new();

    public CaptionNllTests() => TorchRuntime.Start(1);

    public void Dispose() => _model.Dispose();

    private static double LogProb(int[] digits, float brightness)
    {
        int[] targets = [.. digits, 0];
        return targets.Select((id, i) => BrightnessModel.LogProb(id, brightness, i == 0 ? 1 : targets[i - 1])).Sum();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(64)]
    public void Each_condition_has_the_NLL_done_by_hand_whatever_the_batch(int batchSize)
    {
        var corpus = new GreyCorpus(("51.png", "2 3"), ("255.png", "5"), ("51.png", "4"));
        var result = CaptionNll.Evaluate(new ModelUnderTest(_model, new DigitEncoder(), new UnitProcessor(), batchSize), corpus);

        // Two photographs: each is the other's other one.
        double[] Expected(float own, float other) =>
            [-LogProb([2, 3], own) - LogProb([4], own), -LogProb([5], other)];
        void Check(string name, double[] numerators)
        {
            var metric = result.Metrics.Single(m => m.Name == name);
            Assert.Equal([5.0, 2.0], metric.Denominators);
            // Float32 log-softmax over eight ids, summed over at most five targets.
            Assert.Equal(numerators[0], metric.Numerators[0], 4);
            Assert.Equal(numerators[1], metric.Numerators[1], 4);
        }

        double[] right = Expected(0.2f, 1), other = Expected(1, 0.2f), none = Expected(0, 0);
        Check("nll/image", right);
        Check("nll/other_image", other);
        Check("nll/no_image", none);
        Check("vig/other_image", [.. other.Zip(right, (o, r) => o - r)]);
        Check("vig/no_image", [.. none.Zip(right, (n, r) => n - r)]);
        Assert.Equal(5, result.Metrics.Count);
        Assert.Equal("photograph", result.Unit);
    }

    [Fact]
    public void No_photograph_stands_in_for_itself()
    {
        // With distinct grey levels an own image would give a difference of exactly zero.
        var corpus = new GreyCorpus([.. Enumerable.Range(1, 7).Select(i => ($"{i * 30}.png", "5"))]);
        for (var seed = 0; seed < 5; seed++)
        {
            var result = CaptionNll.Evaluate(new ModelUnderTest(_model, new DigitEncoder(), new UnitProcessor()), corpus, seed);
            Assert.DoesNotContain(0, result.Metrics.Single(m => m.Name == "vig/other_image").Numerators);
        }
    }

    [Fact]
    public void Corpora_that_cannot_be_compared_are_refused()
    {
        var subject = new ModelUnderTest(_model, new DigitEncoder(), new UnitProcessor());
        Assert.Throws<FoveaException>(() => CaptionNll.Evaluate(subject, new GreyCorpus(("1.png", "5"), ("1.png", "4"))));
        Assert.Equal(1, Assert.Throws<InvalidInputException>(() => CaptionNll.Evaluate(subject, new GreyCorpus(("1.png", "5"), ("", "4")))).Record);
    }

    [Fact]
    public void A_closed_list_restricts_the_softmax_and_the_argmax()
    {
        var subject = new ModelUnderTest(_model, new DigitEncoder(), new UnitProcessor());
        var corpus = new GreyCorpus(("255.png", "2 5"));
        var expanded = SampleExpander.Expand(_model, subject.Encoder.Encode(corpus.Samples[0]), subject.Images(corpus, corpus.Samples[0]));
        int[] low = [1, 2, 4], high = [5, 3];
        var reading = Assert.Single(TargetReader.Read(_model, [new TargetQuery(expanded, [low, high, null])], 1));
        Assert.Equal(BrightnessModel.LogProb(2, 1, 1, low), reading.Choices[0]!.Value.LogProb, 5);
        Assert.False(reading.Choices[0]!.Value.IsArgmax);
        Assert.Equal(BrightnessModel.LogProb(5, 1, 2, high), reading.Choices[1]!.Value.LogProb, 5);
        Assert.True(reading.Choices[1]!.Value.IsArgmax);
        Assert.Null(reading.Choices[2]);
        Assert.Throws<ArgumentException>(() => TargetReader.Read(_model, [new TargetQuery(expanded, [high, null, null])], 1).ToArray());
    }
}
