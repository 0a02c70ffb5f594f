using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Results;
using Fovea.Core.Samples;
using Fovea.Core.Watching;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models.Batching;

namespace Fovea.Evaluation.Captions;

/// <summary>
/// Negative log-likelihood of gold answers, in nats per target, with the right image, with another photograph's image and with no image tokens.
/// The unit is the photograph: several captions of one count together. End tokens are targets like others.
/// </summary>
public static class CaptionNll
{
    private const string Right = "image", Other = "other_image", None = "no_image";

    /// <summary>
    /// Metrics <c>nll/image</c>, <c>nll/other_image</c>, <c>nll/no_image</c>, and the differences <c>vig/other_image</c>, <c>vig/no_image</c>
    /// (log p with the right image less log p without, VIG's definition). A model that sees no images has <c>nll/no_image</c> only.
    /// </summary>
    /// <param name="subject">The model.</param>
    /// <param name="corpus">Held-out captions; each sample has one image.</param>
    /// <param name="seed">Decides whose image is the other one; a cycle through all photographs, so that none meets its own.</param>
    /// <param name="progress">Told how many captions are done.</param>
    /// <exception cref="FoveaException">There are no samples, one has not exactly one image, or only one photograph is given.</exception>
    public static EvalResult Evaluate(ModelUnderTest subject, ICorpus corpus, long seed = 0, IProgressSink? progress = null)
    {
        var photographs = Photographs(corpus);
        var units = photographs.Keys.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i, StringComparer.Ordinal);
        var stand = Cycle(photographs, seed);
        var sums = new MetricSums(photographs.Count);
        var sees = subject.Model.SeesImages;
        string[] conditions = sees ? [Right, Other, None] : [None];
        var queries = corpus.Samples.SelectMany(s => conditions.Select(c => Query(subject, corpus, s, stand, c)));
        var done = 0;
        foreach (var (sample, readings) in corpus.Samples.Zip(TargetReader.Read(subject.Model, queries, subject.BatchSize).Chunk(conditions.Length)))
        {
            Add(sums, units[sample.Images[0]], conditions, readings);
            progress?.Report("caption NLL", ++done, corpus.Samples.Count);
        }

        return sums.ToResult("caption_nll", "photograph");
    }

    private static void Add(MetricSums sums, int unit, string[] conditions, TargetReading[] readings)
    {
        // The limit on length may leave more targets where there are no image tokens: the same targets are compared.
        var targets = readings.Min(r => r.LogProbs.Length);
        var logProbs = readings.Select(r => r.LogProbs.Take(targets).Sum(x => (double)x)).ToArray();
        for (var c = 0; c < conditions.Length; c++)
        {
            // Only the first has a better side: a model that looks is worse off with the wrong image or none.
            sums.Add("nll/" + conditions[c], c == 0 ? false : null, unit, -logProbs[c], targets);
            if (c > 0)
            {
                sums.Add("vig/" + conditions[c], null, unit, logProbs[0] - logProbs[c], targets);
            }
        }
    }

    private static TargetQuery Query(
        ModelUnderTest subject, ICorpus corpus, Sample sample, Dictionary<string, Sample> stand, string condition)
    {
        var tokens = subject.Encoder.Encode(sample);
        var images = condition switch
        {
            Right => subject.Images(corpus, sample),
            Other => subject.Images(corpus, stand[sample.Images[0]]),
            _ => [],
        };
        return new TargetQuery(SampleExpander.Expand(subject.Model, tokens, images, withoutImages: condition == None));
    }

    private static OrderedDictionary<string, Sample> Photographs(ICorpus corpus)
    {
        var photographs = new OrderedDictionary<string, Sample>(StringComparer.Ordinal);
        foreach (var sample in corpus.Samples)
        {
            if (sample.Images.Count != 1)
            {
                throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"caption NLL needs one image a sample, got {sample.Images.Count}");
            }

            photographs.TryAdd(sample.Images[0], sample);
        }

        return photographs.Count >= 2
            ? photographs
            : throw new FoveaException($"caption NLL needs captions of at least two photographs, got {photographs.Count}");
    }

    /// <summary>For each photograph a sample of the next one in a random cycle through all.</summary>
    private static Dictionary<string, Sample> Cycle(OrderedDictionary<string, Sample> photographs, long seed)
    {
        var order = new RandomSource(seed, "caption_nll/other_image").Permutation(photographs.Count);
        return Enumerable.Range(0, order.Length).ToDictionary(
            i => photographs.GetAt(order[i]).Key,
            i => photographs.GetAt(order[(i + 1) % order.Length]).Value,
            StringComparer.Ordinal);
    }
}
