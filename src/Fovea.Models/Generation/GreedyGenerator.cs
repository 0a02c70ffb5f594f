using Fovea.Core.Errors;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>
/// Takes the likeliest id at each step. Prompts of similar length share a batch, padded on the left and kept apart by segments,
/// so that a row does not depend on its neighbours (beyond the rounding of float32).
/// </summary>
public static class GreedyGenerator
{
    /// <summary>Generates for each prompt until the end id, the number of new tokens or the model's length is reached.</summary>
    /// <param name="model">Of one of the families here.</param>
    /// <param name="prompts">Expanded, with images where they hold image tokens.</param>
    /// <param name="maxNewTokens">Most ids a prompt.</param>
    /// <param name="endId">Ends a row; not part of it.</param>
    /// <param name="batchSize">Most rows at a time.</param>
    /// <param name="cancel">Stops between steps.</param>
    /// <returns>New ids a prompt, in the prompts' order: <c>[prompts][new]</c>.</returns>
    public static int[][] Generate(
        VisionLanguageModel model, IReadOnlyList<ExpandedSample> prompts, int maxNewTokens, int endId, int batchSize = 64, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxNewTokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(endId);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(endId, model.VocabSize);
        if (model is not DecoderModel whole)
        {
            throw new NotSupportedException($"{model.Family}: not a model that generates");
        }

        var results = new int[prompts.Count][];
        foreach (var batch in Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].InputIds.Length).Chunk(batchSize))
        {
            var rows = GenerateBatch(whole, [.. batch.Select(i => prompts[i])], maxNewTokens, endId, cancel);
            for (var i = 0; i < batch.Length; i++)
            {
                results[batch[i]] = [.. rows[i]];
            }
        }

        return results;
    }

    private static List<int>[] GenerateBatch(DecoderModel model, ExpandedSample[] prompts, int maxNewTokens, int endId, CancellationToken cancel)
    {
        var rows = Array.ConvertAll(prompts, _ => new List<int>());
        var longest = prompts.Max(p => p.InputIds.Length);
        if (prompts.Any(p => p.InputIds.Length == 0) || longest > model.MaxLength)
        {
            throw new FoveaException($"a prompt of {(longest > model.MaxLength ? longest : 0)} tokens; expected 1 to {model.MaxLength}");
        }

        var steps = Math.Min(maxNewTokens, model.MaxLength - longest + 1);
        if (steps == 0)
        {
            return rows;
        }

        using var noGrad = no_grad();
        using var cache = new KeyValueCache(model.Decoder.Config, prompts.Length, longest + steps, model.Decoder.Device);
        var active = Enumerable.Range(0, prompts.Length).ToArray();
        var next = Prefill(model, prompts, longest, endId, cache);
        for (var step = 1; ; step++)
        {
            cancel.ThrowIfCancellationRequested();
            var kept = Keep(rows, active, next, endId);
            if (kept.Length == 0 || step == steps)
            {
                return rows;
            }

            if (kept.Length < active.Length)
            {
                using var selected = tensor(Array.ConvertAll(kept, k => (long)k), device: model.Decoder.Device);
                cache.SelectRows(selected);
                active = Array.ConvertAll(kept, k => active[k]);
                next = Array.ConvertAll(kept, k => next[k]);
            }

            var positions = Array.ConvertAll(active, row => (long)prompts[row].InputIds.Length + step - 1);
            next = Step(model, next, positions, cache);
        }
    }

    /// <summary>Appends each active row's id, and returns the indices (into the active rows) of those that go on.</summary>
    private static int[] Keep(List<int>[] rows, int[] active, long[] next, int endId)
    {
        var kept = new List<int>(active.Length);
        for (var i = 0; i < active.Length; i++)
        {
            if (next[i] != endId)
            {
                rows[active[i]].Add((int)next[i]);
                kept.Add(i);
            }
        }

        return [.. kept];
    }

    private static long[] Prefill(DecoderModel model, ExpandedSample[] prompts, int longest, int padId, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var (ids, positions, segments) = (new long[prompts.Length * longest], new long[prompts.Length * longest], new long[prompts.Length * longest]);
        Array.Fill(ids, padId);
        for (var b = 0; b < prompts.Length; b++)
        {
            var prompt = prompts[b].InputIds;
            for (var i = 0; i < prompt.Length; i++)
            {
                var at = (b * longest) + longest - prompt.Length + i;
                ids[at] = prompt[i];
                positions[at] = i;
                segments[at] = 1;
            }
        }

        var device = model.Decoder.Device;
        var padded = prompts.Any(p => p.InputIds.Length < longest);
        Tensor Rows(long[] values) => tensor(values, [prompts.Length, longest], device: device);
        var pixels = model.Arrange([.. prompts.SelectMany(p => p.Images)]);
        return Next(model, new DecoderInput
        {
            Embeddings = model.Embed(Rows(ids), pixels?.to(device)),
            PositionIds = padded ? Rows(positions) : null,
            SegmentIds = padded ? Rows(segments) : null,
            Cache = cache,
            LogitPositions = tensor([.. Enumerable.Range(1, prompts.Length).Select(b => ((long)b * longest) - 1)], device: device),
        });
    }

    private static long[] Step(DecoderModel model, long[] ids, long[] positions, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var device = model.Decoder.Device;
        return Next(model, new DecoderInput
        {
            InputIds = tensor(ids, [ids.Length, 1], device: device),
            PositionIds = tensor(positions, [ids.Length, 1], device: device),
            Cache = cache,
            LogitPositions = arange(ids.Length, dtype: ScalarType.Int64, device: device),
        });
    }

    private static long[] Next(DecoderModel model, DecoderInput input)
    {
        using var output = model.Decoder.Forward(input);
        using var best = output.Logits!.argmax(-1).cpu(); // [batch]
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(best.bytes).ToArray();
    }
}
