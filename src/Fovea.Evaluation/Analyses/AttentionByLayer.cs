using Fovea.Core.Results;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Guidance;

namespace Fovea.Evaluation.Analyses;

/// <summary>
/// The share of its attention that the text gives to the images before it, by layer: the mean over heads and over the tokens behind a sample's last image. The
/// unit is the photograph, whose samples count together; samples without images have no share.
/// </summary>
public static class AttentionByLayer
{
    /// <summary>The evaluation in the catalogue.</summary>
    public static Benchmark Benchmark { get; } = new("attention", "share of attention on image tokens by layer, of given texts", input => [Evaluate(input)])
    {
        Generates = false,
    };

    private static EvalResult Evaluate(BenchmarkInput input)
    {
        var subject = input.Subject(null);
        if (subject.Model is not DecoderModel { SeesImages: true } model)
        {
            throw new FoveaException($"attention: a {subject.Model.Family} model sees no images; name a model with a vision side");
        }

        Sample[] samples = [.. input.Corpus.Samples.Where(s => s.Images.Count > 0)];
        if (samples.Length == 0)
        {
            throw new FoveaException("attention: no sample of the corpus has an image");
        }

        var (keys, units) = (new ImageKeys(), new Dictionary<ImageKey, int>());
        Array.ForEach(samples, s => units.TryAdd(keys.Of(s, 0), units.Count));
        var sums = new MetricSums(units.Count);
        foreach (var (done, sample) in samples.Index())
        {
            input.Stop.ThrowIfCancellationRequested();
            var tokens = subject.Encoder.Encode(sample);
            var (mass, queries) = ImageAttention.Of(model, SampleExpander.Expand(model, tokens, subject.Images(input.Corpus, sample)));
            foreach (var (layer, sum) in mass.Index())
            {
                sums.Add(FormattableString.Invariant($"attention/layer_{layer:00}"), null, units[keys.Of(sample, 0)], sum, queries);
            }

            input.Progress?.Report("attention", done + 1, samples.Length);
        }

        return sums.ToResult("attention", "photograph");
    }
}
