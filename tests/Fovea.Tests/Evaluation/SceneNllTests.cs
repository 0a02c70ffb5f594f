using Fovea.Core.Errors;
using Fovea.Core.Results;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Scenes;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class SceneNllTests : IDisposable
{
    private static readonly Dictionary<string, int[]> Closed = new() { ["colour"] = [2, 3], ["count"] = [4, 5] };
    private readonly BrightnessModel _model = new();

    public SceneNllTests() => TorchRuntime.Start(1);

    public void Dispose() => _model.Dispose();

    private EvalResult Evaluate(params (string Image, string Answer, string?[] Classes)[] captions)
    {
        var corpus = new GreyCorpus([.. captions.Select(c => (c.Image, c.Answer))]);
        var encoder = new DigitEncoder();
        return SceneNll.Evaluate(new ModelUnderTest(_model, encoder, new UnitProcessor(), 2), corpus, captions.Length,
            [.. captions.Select((c, i) => new ClassifiedCaption(i, corpus.Samples[i], encoder.Encode(corpus.Samples[i]), c.Classes))], Closed);
    }

    [Fact]
    public void Classes_by_hand()
    {
        var result = Evaluate(("255.png", "3 5 2", ["colour", "count", "colour", null]), ("51.png", "6 3", ["filler", "colour", null]),
            ("0.png", "6", [null, null]));
        double Sum(string name, int scene) => result.Metrics.Single(m => m.Name == name).Numerators[scene];
        double Count(string name) => result.Metrics.Single(m => m.Name == name).Count;
        double p3 = BrightnessModel.LogProb(3, 1, 1), p2 = BrightnessModel.LogProb(2, 1, 5);
        Assert.Equal(-p3 - p2, Sum("nll/colour", 0), 4);
        Assert.Equal(-p3 - p2, Sum("grounded_nll", 0), 4);
        Assert.Equal(-BrightnessModel.LogProb(5, 1, 3), Sum("nll/count", 0), 4);
        Assert.Equal(-BrightnessModel.LogProb(6, 0.2f, 1), Sum("nll/filler", 1), 4);

        // Restricted to {2, 3} the brighter image prefers 3: right for the first target, wrong for the third.
        Assert.Equal(-BrightnessModel.LogProb(3, 1, 1, [2, 3]) - BrightnessModel.LogProb(2, 1, 5, [2, 3]), Sum("restricted_nll/colour", 0), 4);
        Assert.Equal(1, Sum("restricted_accuracy/colour", 0));
        Assert.Equal(2 / 3.0, result.Metrics.Single(m => m.Name == "grounded_accuracy").Value, 12);
        Assert.Equal(3, Count("grounded_restricted_nll"));
        Assert.Equal(1, Count("restricted_accuracy/count"));
        Assert.DoesNotContain(result.Metrics, m => m.Name == "restricted_nll/filler");
    }

    [Fact]
    public void A_target_outside_the_words_of_its_class_is_refused_with_its_record()
    {
        var error = Assert.Throws<InvalidInputException>(() => Evaluate(("1.png", "3", ["colour", null]), ("1.png", "6", ["colour", null])));
        Assert.Equal(1, error.Record);
        Assert.Contains("colour", error.Message, StringComparison.Ordinal);
    }
}
