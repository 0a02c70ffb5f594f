using Fovea.Core.Results;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Captions;

/// <summary>Mean difference of two conditions per photograph, from a score store: with <c>image</c> and a visionless condition, its VIG.</summary>
public static class PhotographDifference
{
    /// <summary>
    /// One metric per set of samples (train, held-out); the ratio of sums is the mean per target over the set, and each photograph is a unit.
    /// Samples without an image or without one of the conditions are skipped.
    /// </summary>
    /// <param name="name">The metric's name, e.g. <c>vig/held_out</c>.</param>
    /// <param name="samples">The set; the photograph is a sample's first image.</param>
    /// <param name="scores">Scores by sample.</param>
    /// <param name="condition">First condition.</param>
    /// <param name="reference">Second condition.</param>
    public static EvalResult Evaluate(
        string name, IEnumerable<Sample> samples, IReadOnlyDictionary<SampleKey, TokenScores> scores, string condition, string reference)
    {
        var keys = new ImageKeys();
        var byPhotograph = (from sample in samples
                            where sample.Images.Count > 0 && scores.ContainsKey(sample.Key)
                            let logProbs = scores[sample.Key].LogProbs
                            where logProbs.ContainsKey(condition) && logProbs.ContainsKey(reference)
                            group logProbs[condition].Zip(logProbs[reference], (a, b) => TokenMeasures.Difference(a, b)) by keys.Of(sample, 0)).ToArray();
        var sums = new MetricSums(byPhotograph.Length);
        sums.Declare(name, null);
        for (var unit = 0; unit < byPhotograph.Length; unit++)
        {
            foreach (var difference in byPhotograph[unit].SelectMany(d => d).Where(d => !double.IsNaN(d)))
            {
                sums.Add(name, null, unit, difference);
            }
        }

        return sums.ToResult("photograph_difference", "photograph");
    }
}
