using Fovea.Core.Randomness;
using Fovea.Reporting.Documents;

namespace Fovea.Tests.Reporting;

/// <summary>A document with every block, filled with made-up numbers.</summary>
internal static class SampleReport
{
    private static readonly string[] Methods = ["Uniform", "Random", "PRIOR", "VIG"];

    public static ReportDocument Create(ReportImage image, ReportImage? twin = null) => new(
        "Scenes: which words does the image earn?",
        "Made-up numbers. Training on the words that the image explains answers 4.2 points more questions than training on all of them, and "
            + "invents fewer objects.",
        [
            new ReportSection("Findings", "Each method trains the same model from the same start; only the weights of the target words differ.",
                [new ListBlock("VIG beats uniform.", "PRIOR changes little."), Results()]),
            new ReportSection("Training", null, [Losses(), Accuracy()]),
            new ReportSection("Scores", "What each score thinks of each class of words.", [Scores(), Kept()]),
            new ReportSection("Examples", "Hover over a word for its number.", [Words(image, twin)]),
            new ReportSection("Method", null, [new ProseBlock("VIG is the log-probability with the image minus the log-probability with a blurred one.",
                "PRIOR weighs words by what a text-only model does not foresee.")]),
        ],
        [new("config", "sha256:9f2c51aa0b7e"), new("commit", "c0ffee1"), new("seed", "0, 1, 2, 3, 4, 5"), new("runtime", ".NET 10, CPU, one thread")]);

    private static TableBlock Results() => new(
        "Question answering and captions on held-out scenes", "Method",
        [
            new("Accuracy", NumberFormat.Percent, true),
            new("Colour", NumberFormat.Percent, true), new("CHAIR-i", NumberFormat.Ratio, false),
            new("Words kept", NumberFormat.Percent), new("Remark"),
        ],
        [
            Row("Uniform", 0.612, 0.481, 0.183, 1, Tone.Neutral), Row("Random", 0.598, 0.472, 0.190, 0.5, Tone.Neutral),
            Row("PRIOR", 0.641, 0.502, 0.161, 1, Tone.Neutral), Row("VIG", 0.654, 0.551, 0.122, 0.5, Tone.Better),
            new TableRow("Blind", [new(null, 0.352, 0.331, 0.374, 2400, Tone.Worse), new(null, 0.262, 0.241, 0.284, 2400, Tone.Worse),
                new(null, 0.371, 0.35, 0.39, 2400, Tone.Worse), new(), new("no image")]),
        ],
        "Brackets: 95 % interval of a paired bootstrap over scenes and seeds. Toned cells: the interval of the difference to the baseline does "
            + "not contain zero.");

    private static TableRow Row(string name, double accuracy, double colour, double chair, double kept, Tone tone) => new(
        name,
        [
            new(null, accuracy, accuracy - 0.019, accuracy + 0.018, 2400, tone, ["paired difference +4.2 [+1.9, +6.4]"]), new(null, colour, colour - 0.03,
                colour + 0.031, 2400),
            new(null, chair, chair - 0.02, chair + 0.022, 2400, tone), new(Value: kept), new("6 seeds"),
        ]);

    private static CurveBlock Losses()
    {
        double[] steps = [.. Enumerable.Range(0, 60).Select(i => i * 50.0)];
        return new CurveBlock(
            "Validation loss", new("Step", null, NumberFormat.Count), new("Loss", "nats per token", NumberFormat.Ratio),
            [
                .. Methods.Select((name, m) =>
                {
                    double[] y = [.. steps.Select(s => 0.25 + 0.07 * (3 - m) + 3.2 * Math.Exp(-s / (420.0 + 90 * (3 - m))))];
                    return new CurveSeries(name, steps, y);
                }),
            ]);
    }

    private static CurveBlock Accuracy()
    {
        double[] steps = [0, 500, 1000, 1500, 2000, 2500, 3000];
        return new CurveBlock(
            "Accuracy while training", new("Step", null, NumberFormat.Count), new("Accuracy", null, NumberFormat.Percent),
            [
                .. Methods.Select((name, m) => new CurveSeries(
                    name, steps, [.. steps.Select(s => name == "Random" && s == 1500
                        ? double.NaN : 0.2 + (0.36 + 0.03 * m) / (1 + Math.Exp((1300 - 120 * m - s) / 260)))])),
            ]);
    }

    private static DistributionBlock Scores()
    {
        var random = new RandomSource(1, "sample-report");
        ClassDistribution Class(string name, double mean, double spread, int n) => new(
            name, [.. Enumerable.Range(0, n).Select(_ => (float)(mean + spread * random.NextGaussian() + (random.Chance(0.2) ? -mean * 0.8 : 0)))]);
        return new DistributionBlock(
            "VIG by class of word", new("VIG", "nats", NumberFormat.TwoDecimals),
            [
                Class("punctuation", 0.01, 0.05, 9000), Class("colour", 2.6, 0.9, 4000), Class("shape", 2.1, 1.0, 4000),
                Class("determiner", 0.02, 0.08, 9000), Class("count", 1.4, 0.8, 900), Class("relation", 0.9, 0.7, 2200),
                Class("rare", 0.4, 0.6, 12), new("empty", [float.NaN]),
            ]);
    }

    private static BarBlock Kept() => new(
        "Words kept, by class", new("Share kept", null, NumberFormat.Percent), ["colour", "shape", "count", "relation", "determiner"],
        [
            new("VIG", [0.97, 0.93, 0.88, 0.71, 0.12]),
            new("Random", [0.5, 0.49, 0.51, 0.5, 0.5]),
        ]);

    private static HeatmapTextBlock Words(ReportImage image, ReportImage? twin)
    {
        string[] words = ["There", "is", "a", "large", "red", "circle", "left", "of", "two", "small", "blue", "squares", "."];
        double[] vig = [0.02, -0.01, 0.1, 1.2, 2.9, 2.2, 0.8, -0.02, 1.7, 0.9, 2.4, -0.7, 0.0];
        double[] surprise = [0.1, 0.02, 0.2, 0.5, 0.86, 0.66, 0.5, 0.01, 0.72, 0.5, 0.83, 0.6, 0.05];
        string?[] classes = [null, null, "determiner", "size", "colour", "shape", "relation", null, "count", "size", "colour", "shape", "punctuation"];
        TokenRow Row(string name, double[] values, HeatScale scale, double limit) =>
            new(name, [.. words.Select((w, i) => new TokenValue(w, values[i], classes[i]))], scale, limit);
        return new HeatmapTextBlock(
            "Scene 17", image, twin,
            [Row("VIG (nats)", vig, HeatScale.Diverging, 3), Row("1 \u2212 p under the text-only model", surprise, HeatScale.Sequential, 1)],
            "What is in the image?");
    }
}
