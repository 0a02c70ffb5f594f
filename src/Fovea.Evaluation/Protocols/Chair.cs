using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Protocols;

/// <summary>
/// CHAIR (Rohrbach et al. 2018; LisaAnne/Hallucination utils/chair.py) over objects already found in a caption:
/// <c>chair_i</c> hallucinated mentions / mentions (repeats count), <c>chair_s</c> captions with a hallucination / captions,
/// <c>recall</c> true objects mentioned / true objects (each once), <c>mean_words</c> words / captions.
/// </summary>
public static class Chair
{
    /// <summary>Adds one caption of a unit.</summary>
    /// <param name="sums">Where to.</param>
    /// <param name="unit">The unit (an image).</param>
    /// <param name="mentions">Objects mentioned, repeats included.</param>
    /// <param name="truth">Objects in the image.</param>
    /// <param name="words">Words of the caption, split at blanks.</param>
    public static void Add(MetricSums sums, int unit, IReadOnlyCollection<string> mentions, IReadOnlySet<string> truth, int words)
    {
        var hallucinated = mentions.Count(m => !truth.Contains(m));
        sums.Add("chair_i", false, unit, hallucinated, mentions.Count);
        sums.Add("chair_s", false, unit, hallucinated > 0 ? 1 : 0);
        sums.Add("recall", true, unit, truth.Count(mentions.Contains), truth.Count);
        sums.Add("mean_words", null, unit, words);
    }

    /// <summary>Number of words: runs of characters that are not white space.</summary>
    public static int Words(string caption) =>
        caption.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
