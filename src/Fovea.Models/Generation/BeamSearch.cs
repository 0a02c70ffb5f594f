using Fovea.Models.Batching;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>
/// Beam search over a batch of prompts, step by step in parallel. Each prompt is read once; its beams share the cache of the prompt,
/// and only what follows it is copied when beams change places.
/// </summary>
internal static class BeamSearch
{
    public static GeneratedSequence[] Run(
        IDecodingState state, ExpandedSample[] prompts, GenerationOptions options, BeamGroup[] groups, CancellationToken cancel)
    {
        var numBeams = options.Beams!.NumBeams;
        var active = groups;
        var logits = Spread(state.Start(prompts, options.PadId), numBeams); // [prompts * beams, vocab]
        state.SelectRows([.. Enumerable.Range(0, prompts.Length * numBeams).Select(row => row / numBeams)]);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var from = Step(logits, active, options);
            var kept = Enumerable.Range(0, active.Length).Where(g => !active[g].Done).ToArray();
            if (kept.Length == 0)
            {
                return Array.ConvertAll(groups, g => g.Finish());
            }

            int[] rows = [.. kept.SelectMany(g => from[g].Select(beam => (g * numBeams) + beam))];
            if (kept.Length == active.Length)
            {
                state.ReorderBeams(rows);
            }
            else
            {
                state.SelectRows(rows);
                active = Array.ConvertAll(kept, g => active[g]);
            }

            logits = state.Next([.. active.SelectMany(g => g.Open.Select(b => (long)b.Ids[^1]))]);
        }
    }

    /// <summary>Gives each group its best continuations; disposes the logits <c>[groups * beams, vocab]</c>.</summary>
    private static int[][] Step(Tensor logits, BeamGroup[] groups, GenerationOptions options)
    {
        using var scope = NewDisposeScope();
        using var given = logits;
        var logProbs = given.log_softmax(-1);
        if (options.RepetitionPenalty != 1)
        {
            logProbs = ScoreRules.Penalize(logProbs, [.. groups.SelectMany(g => g.Held)], options.RepetitionPenalty);
        }

        var vocab = (int)logProbs.shape[1];
        float[] before = [.. groups.SelectMany(g => g.Open.Select(b => b.LogProb))];
        var sums = logProbs.Plus(tensor(before, [before.Length, 1], device: logProbs.device)).view(groups.Length, -1); // [groups, beams * vocab]
        var candidates = options.Beams!.Candidates(options.EndIds.Count);
        var (values, indices) = sums.topk(candidates, 1); // [groups, candidates], best first
        var best = TensorBytes.ToArray<float>(values);
        var places = TensorBytes.ToArray<long>(indices);
        var from = new int[groups.Length][];
        for (var g = 0; g < groups.Length; g++)
        {
            from[g] = groups[g].Take(best.AsSpan(g * candidates, candidates), places.AsSpan(g * candidates, candidates), vocab);
        }

        return from;
    }

    private static Tensor Spread(Tensor logits, int times)
    {
        using (logits)
        {
            return logits.repeat_interleave(times, 0);
        }
    }
}
