using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Targets;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Evaluation.Running;

/// <summary>What a model gave a sample's targets.</summary>
/// <param name="LogProbs">Natural log-probabilities over the whole vocabulary: <c>[targets]</c>.</param>
/// <param name="Choices">By target, over the closed list asked for; null where none was.</param>
internal sealed record TargetReading(float[] LogProbs, ClosedChoice?[] Choices);

/// <summary>A target's log-probability among a closed list of ids, and whether it is the list's argmax.</summary>
internal readonly record struct ClosedChoice(float LogProb, bool IsArgmax);

/// <summary>A sample to read, and for each of its targets the closed list to restrict it to, if any: <c>[targets]</c> or null for none at all.</summary>
internal sealed record TargetQuery(ExpandedSample Sample, IReadOnlyList<int[]?>? ClosedIds = null);

/// <summary>Runs a model over samples in batches and reads the log-probabilities of their targets. Takes no gradient.</summary>
internal static class TargetReader
{
    public static IEnumerable<TargetReading> Read(VisionLanguageModel model, IEnumerable<TargetQuery> queries, int batchSize) =>
        queries.Chunk(batchSize).SelectMany(batch => ReadBatch(model, batch));

    private static TargetReading[] ReadBatch(VisionLanguageModel model, TargetQuery[] queries)
    {
        var choices = Array.ConvertAll(queries, q => new ClosedChoice?[q.Sample.TargetIndices.Length]);
        var facts = TargetLogProbs.Scores(model, Array.ConvertAll(queries, q => q.Sample),
            read: (logits, batch) => ReadClosed(logits, batch, queries, choices));
        return [.. facts.Zip(choices, (f, c) => new TargetReading(f.LogProbs, c))];
    }

    /// <summary>Restricts the softmax to the closed lists, one gather for all the targets that share a list.</summary>
    private static void ReadClosed(torch.Tensor logits, ModelBatch batch, TargetQuery[] queries, ClosedChoice?[][] choices)
    {
        var wanted = from b in Enumerable.Range(0, queries.Length)
                     where queries[b].ClosedIds is not null
                     from t in Enumerable.Range(0, choices[b].Length)
                     where queries[b].ClosedIds![t] is not null
                     group (Sample: b, Target: t) by queries[b].ClosedIds![t];
        foreach (var list in wanted)
        {
            var places = list.ToArray();
            var ids = list.Key!;
            var rows = torch.tensor(Array.ConvertAll(places, p => (long)batch.TargetOffsets[p.Sample] + p.Target), device: logits.device);
            var columns = torch.tensor(Array.ConvertAll(ids, i => (long)i), device: logits.device);
            var closed = Floats(torch.nn.functional.log_softmax(logits.index_select(0, rows).index_select(1, columns).to_type(torch.ScalarType.Float32),
                1)); // [rows * ids]
            for (var i = 0; i < places.Length; i++)
            {
                var (sample, target) = places[i];
                var expanded = queries[sample].Sample;
                var gold = Array.IndexOf(ids, expanded.InputIds[expanded.TargetIndices[target]]);
                if (gold < 0)
                {
                    throw new ArgumentException("a target is not in its own closed list", nameof(queries));
                }

                var row = closed.AsSpan(i * ids.Length, ids.Length);
                choices[sample][target] = new ClosedChoice(row[gold], row.IndexOf(Max(row)) == gold);
            }
        }
    }

    private static float Max(ReadOnlySpan<float> values)
    {
        var max = float.NegativeInfinity;
        foreach (var value in values)
        {
            max = Math.Max(max, value);
        }

        return max;
    }

    private static float[] Floats(torch.Tensor tensor) => TensorBytes.ToArray<float>(tensor);
}
