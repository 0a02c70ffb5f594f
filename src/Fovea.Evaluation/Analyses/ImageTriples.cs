using Fovea.Core.Randomness;
using Fovea.Core.Results;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models.Batching;

namespace Fovea.Evaluation.Analyses;

/// <summary>
/// VIG of a text with a matching, a partly matching and a contradicting image, as in the analysis of arXiv 2602.17186, on any captioned corpus. How far another
/// photograph matches a text is the share of the text's words that its own texts have, each word by its rarity, <c>log(photographs / photographs with it)</c>:
/// the partly matching one has the largest share, the contradicting one the smallest, ties drawn by seed. The unit is the photograph.
/// </summary>
public static class ImageTriples
{
    private const string Matching = "matching", Partly = "partly_matching", Contradicting = "contradicting";

    /// <summary>The evaluation in the catalogue.</summary>
    public static Benchmark Benchmark { get; } = new(
        "image-triples", "VIG of given texts with a matching, a partly matching and a contradicting image", input => [Evaluate(input)])
    {
        Generates = false,
    };

    private static EvalResult Evaluate(BenchmarkInput input)
    {
        var subject = input.Subject(null);
        if (!subject.Model.SeesImages)
        {
            throw new FoveaException($"image-triples: a {subject.Model.Family} model sees no images; name a model with a vision side");
        }

        var photographs = Photographs(input.Corpus);
        var words = new PhotographWords([.. photographs.Values.Select(samples => samples.SelectMany(PhotographWords.Of))]);
        var sums = new MetricSums(photographs.Count);
        var done = 0;
        foreach (var (unit, samples) in photographs.Values.Index())
        {
            foreach (var sample in samples)
            {
                input.Stop.ThrowIfCancellationRequested();
                var (partly, contradicting) = words.Others(unit, PhotographWords.Of(sample), new RandomSource(input.Seed, "image_triples/" + sample.Key.Source, sample.Key.Record));
                Add(sums, unit, subject, input.Corpus, sample, [sample, photographs.GetAt(partly).Value[0], photographs.GetAt(contradicting).Value[0]]);
                input.Progress?.Report("image triples", ++done, photographs.Values.Sum(p => p.Count));
            }
        }

        return sums.ToResult("image_triples", "photograph");
    }

    private static void Add(MetricSums sums, int unit, ModelUnderTest subject, ICorpus corpus, Sample sample, Sample[] shown)
    {
        var tokens = subject.Encoder.Encode(sample);
        TargetQuery[] queries =
        [
            .. shown.Select(s => new TargetQuery(SampleExpander.Expand(subject.Model, tokens, subject.Images(corpus, s)))),
            new TargetQuery(SampleExpander.Expand(subject.Model, tokens, [], withoutImages: true)),
        ];
        TargetReading[] readings = [.. TargetReader.Read(subject.Model, queries, queries.Length)];
        var targets = readings.Min(r => r.LogProbs.Length);
        var logProbs = Array.ConvertAll(readings, r => r.LogProbs.Take(targets).Sum(x => (double)x));
        foreach (var (i, name) in new[] { Matching, Partly, Contradicting }.Index())
        {
            sums.Add("vig/" + name, null, unit, TokenMeasures.Difference(logProbs[i], logProbs[^1]), targets);
        }
    }

    private static OrderedDictionary<ImageKey, List<Sample>> Photographs(ICorpus corpus)
    {
        var (keys, photographs) = (new ImageKeys(), new OrderedDictionary<ImageKey, List<Sample>>());
        foreach (var sample in corpus.Samples)
        {
            if (sample.Images.Count != 1)
            {
                throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"image-triples needs one image per sample, got {sample.Images.Count}");
            }

            var key = keys.Of(sample, 0);
            if (!photographs.TryGetValue(key, out var samples))
            {
                photographs.Add(key, samples = []);
            }

            samples.Add(sample);
        }

        return photographs.Count >= 3 ? photographs : throw new FoveaException($"image-triples needs texts of at least three photographs, got {photographs.Count}");
    }
}
