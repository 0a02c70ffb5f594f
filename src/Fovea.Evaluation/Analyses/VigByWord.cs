using Fovea.Core.Results;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models.Batching;

namespace Fovea.Evaluation.Analyses;

/// <summary>
/// VIG of the words of a corpus's answers by their class (<see cref="VisualLexicon"/>): the sum of a word's targets' log-probabilities with the image less that
/// with no image tokens, in nats per word. The unit is the photograph.
/// </summary>
public static class VigByWord
{
    /// <summary>The evaluation in the catalogue.</summary>
    public static Benchmark Benchmark { get; } = new(
        "vig-words", "VIG of words by class: colours, positions, counts, attributes, function words, others", input => [Evaluate(input)])
    {
        Generates = false,
    };

    private static EvalResult Evaluate(BenchmarkInput input)
    {
        var subject = input.Subject(null);
        if (!subject.Model.SeesImages)
        {
            throw new FoveaException($"vig-words: a {subject.Model.Family} model sees no images; name a model with a vision side");
        }

        Sample[] samples = [.. input.Corpus.Samples.Where(s => s.Images.Count > 0)];
        var (keys, units) = (new ImageKeys(), new Dictionary<ImageKey, int>());
        Array.ForEach(samples, s => units.TryAdd(keys.Of(s, 0), units.Count));
        if (units.Count == 0)
        {
            throw new FoveaException("vig-words: no sample of the corpus has an image");
        }

        var sums = new MetricSums(units.Count);
        foreach (var name in VisualLexicon.Classes)
        {
            sums.Declare("vig/" + name, null);
        }

        foreach (var (done, sample) in samples.Index())
        {
            input.Stop.ThrowIfCancellationRequested();
            Add(sums, units[keys.Of(sample, 0)], subject, input.Corpus, sample);
            input.Progress?.Report("VIG of words", done + 1, samples.Length);
        }

        return sums.ToResult("vig_words", "photograph");
    }

    private static void Add(MetricSums sums, int unit, ModelUnderTest subject, ICorpus corpus, Sample sample)
    {
        var tokens = subject.Encoder.Encode(sample);
        TargetQuery[] queries =
        [
            new TargetQuery(SampleExpander.Expand(subject.Model, tokens, subject.Images(corpus, sample))),
            new TargetQuery(SampleExpander.Expand(subject.Model, tokens, [], withoutImages: true)),
        ];
        TargetReading[] readings = [.. TargetReader.Read(subject.Model, queries, queries.Length)];
        foreach (var word in WordMerger.Merge(sample, tokens))
        {
            if (VisualLexicon.ClassOf(word.Type) is { } name)
            {
                sums.Add("vig/" + name, null, unit, word.Targets.Sum(t => TokenMeasures.Difference(readings[0].LogProbs[t], readings[1].LogProbs[t])));
            }
        }
    }
}
