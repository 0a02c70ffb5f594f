using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Targets;

namespace Fovea.Evaluation.Running;

/// <summary>Negative log-likelihood of texts under a text-only model.</summary>
public static class TextNll
{
    private const int BatchSize = 32;

    /// <summary>Sum over all targets in nats, and their number.</summary>
    public static (double Nats, long Targets) Sum(VisionLanguageModel model, IReadOnlyList<TokenizedSample> samples)
    {
        double nats = 0;
        long targets = 0;
        foreach (var batch in samples.Chunk(BatchSize))
        {
            foreach (var logProbs in TargetLogProbs.Compute(model, [.. batch.Select(s => SampleExpander.Expand(model, s, []))]))
            {
                nats -= logProbs.Sum(x => (double)x);
                targets += logProbs.Length;
            }
        }

        return (nats, targets);
    }
}
