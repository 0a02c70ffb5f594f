using Fovea.Core.Randomness;
using Fovea.Core.Results;
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
    /// <summary>The evaluation in the catalogue.</summary>
    public static Benchmark Benchmark { get; } = new(
        "photographs", "NLL of held-out captions with the right image, another photograph's and none",
        i => [Evaluate(i.Subject(null), i.Corpus, i.Seed, i.Progress)])
    {
        Generates = false,
    };

    private const string Right = "image", Other = "other_image", None = "no_image";

    /// <summary>
    /// Metrics <c>nll/image</c>, <c>nll/other_image</c>, <c>nll/no_image</c>, and the differences <c>vig/other_image</c>, <c>vig/no_image</c>
    /// (log p with the right image less log p without it, VIG's definition). A model that sees no images has <c>nll/no_image</c> only.
    /// </summary>
    /// <param name="subject">The model.</param>
    /// <param name="corpus">Held-out captions; each sample has one image.</param>
    /// <param name="seed">Decides whose image is the other one; a cycle through all photographs, so that none meets its own.</param>
    /// <param name="progress">Told how many captions are done.</param>
    /// <exception cref="FoveaException">There are no samples, one has not exactly one image, or only one photograph is given.</exception>
    public static EvalResult Evaluate(ModelUnderTest subject, ICorpus corpus, long seed = 0, IProgressSink? progress = null)
    {
        var keys = new ImageKeys();
        var photographs = Photographs(corpus, keys);
        var donors = OtherImages.Assign([.. photographs.Values], new RandomSource(seed, "caption_nll/other_image"));
        var sums = new MetricSums(photographs.Count);
        var sees = subject.Model.SeesImages;
        string[] conditions = sees ? [Right, Other, None] : [None];
        var queries = corpus.Samples.SelectMany(s => conditions.Select(c => Query(subject, corpus, s, donors[photographs[keys.Of(s, 0)].Key], c)));
        var done = 0;
        foreach (var (sample, readings) in corpus.Samples.Zip(TargetReader.Read(subject.Model, queries, subject.BatchSize).Chunk(conditions.Length)))
        {
            Add(sums, photographs.IndexOf(keys.Of(sample, 0)), conditions, readings);
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
                sums.Add("vig/" + conditions[c], null, unit, TokenMeasures.Difference(logProbs[0], logProbs[c]), targets);
            }
        }
    }

    private static TargetQuery Query(ModelUnderTest subject, ICorpus corpus, Sample sample, Sample donor, string condition)
    {
        var tokens = subject.Encoder.Encode(sample);
        var images = condition switch
        {
            Right => subject.Images(corpus, sample),
            Other => subject.Images(corpus, donor),
            _ => [],
        };
        return new TargetQuery(SampleExpander.Expand(subject.Model, tokens, images, withoutImages: condition == None));
    }

    /// <summary>The first sample of each photograph, in the order of the corpus.</summary>
    private static OrderedDictionary<ImageKey, Sample> Photographs(ICorpus corpus, ImageKeys keys)
    {
        var photographs = new OrderedDictionary<ImageKey, Sample>();
        foreach (var sample in corpus.Samples)
        {
            if (sample.Images.Count != 1)
            {
                throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"caption NLL needs one image per sample, got {sample.Images.Count}");
            }

            photographs.TryAdd(keys.Of(sample, 0), sample);
        }

        return photographs.Count >= 2
            ? photographs
            : throw new FoveaException($"caption NLL needs captions of at least two photographs, got {photographs.Count}");
    }
}
