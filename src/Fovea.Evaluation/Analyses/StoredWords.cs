using Fovea.Core.Results;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Analyses;

/// <summary>A sample with its stored scores.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Tokens">As it was scored.</param>
/// <param name="Scores">Its scores.</param>
public sealed record ScoredSample(Sample Sample, TokenizedSample Tokens, TokenScores Scores);

/// <summary>
/// Stored scores of the words of answers by class, without a model: <c>vig/CONDITION/CLASS</c>, nats per word, a word's targets summed, and <c>one_minus_p_ref/CLASS</c>, 1 - p of all of a word's targets.
/// The unit is the photograph, a sample without one a unit of its own.
/// </summary>
public static class StoredWords
{
    /// <summary>The means.</summary>
    /// <param name="samples">Scored samples; words that a length limit cut are left out.</param>
    /// <param name="classes">Which classes there are.</param>
    public static EvalResult Evaluate(IReadOnlyList<ScoredSample> samples, WordClasses classes)
    {
        var (keys, units) = (new ImageKeys(), new Dictionary<string, int>(StringComparer.Ordinal));
        string UnitOf(Sample sample) => sample.Images.Count > 0 ? keys.Of(sample, 0).Path : $"{sample.Key}";
        foreach (var sample in samples)
        {
            units.TryAdd(UnitOf(sample.Sample), units.Count);
        }

        var sums = new MetricSums(units.Count);
        foreach (var score in samples.SelectMany(s => StoredScores.Of(s.Scores)).DistinctBy(s => s.Name))
        {
            foreach (var name in classes.Classes)
            {
                sums.Declare($"{score.Name}/{name}", null);
            }
        }

        foreach (var (sample, tokens, scores) in samples)
        {
            var words = WordMerger.Merge(sample, tokens).Select(w => (Class: classes.Of(w.Type), w.Targets)).Where(w => w.Class is not null).ToArray();
            foreach (var score in StoredScores.Of(scores))
            {
                foreach (var (name, targets) in words)
                {
                    var value = score.Score([.. score.Conditions.Select(c => targets.Sum(t => (double)scores.LogProbs[c][t]))]);
                    if (!double.IsNaN(value))
                    {
                        sums.Add($"{score.Name}/{name}", null, units[UnitOf(sample)], value);
                    }
                }
            }
        }

        return sums.ToResult("stored_words", "photograph");
    }
}
