using Fovea.Evaluation.Statistics;

namespace Fovea.Pipeline.Findings;

/// <summary>What a reader must know before the numbers: names of models and methods, and what the intervals hold. Said once in a report.</summary>
public static class HowToRead
{
    private const string Methods =
        "NTP is plain next-token prediction. PRIOR weights each caption token by 1 - p_ref, how badly a text-only reference predicts it. VIG is what the image "
            + "adds to a token's log-probability.";

    /// <summary>For the built-in world.</summary>
    public static string Scenes(StudyDesign study) =>
        $"{Models(study)} {Methods} Grounded words (colour, position, shape, size, background) cannot be known without the image; conflict scenes contradict "
            + $"the habits of the training scenes. {Intervals(study.Seeds.Count, "scenes")}";

    /// <summary>For photographs.</summary>
    public static string Photographs(StudyDesign study) =>
        $"{Models(study)} {Methods} Photographs are images with captions from a COCO file; the held-out ones were in no training "
            + $"set. {Intervals(study.Seeds.Count, "photographs")}";

    private static string Models(StudyDesign study) => string.Join(' ', study.Families.Select(f => f == StudyDesign.H
        ? "H is a vision tower, a projector and a decoder, as in LLaVA."
        : "U is one decoder over image patches and text, as in SOLO."));

    internal static string Intervals(int seeds, string units) =>
        $"Brackets are {new BootstrapOptions().Level * 100:0} % intervals from {new BootstrapOptions().Resamples} bootstrap resamples of the {units}. A "
            + $"difference is called better or worse only where its paired interval does not contain zero. {Bootstrap.SeedsNote(seeds)}";
}
