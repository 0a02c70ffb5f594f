using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Generation;

/// <summary>
/// Continues prompts: greedily, by sampling, or with beams. Prompts of similar length share a batch, padded on the left and kept apart by segments;
/// images are read once, with the prompt. A prompt's result depends neither on the batch nor on the cache (beyond the rounding of float32).
/// </summary>
public static class TextGenerator
{
    /// <summary>Generates for each prompt.</summary>
    /// <param name="model">Of one of the families here.</param>
    /// <param name="prompts">Expanded, with images where they hold image tokens.</param>
    /// <param name="options">How.</param>
    /// <param name="textDecoder">Makes a new incremental decoder for a row; null for ids only.</param>
    /// <param name="watch">Called with each piece as it comes, on this thread.</param>
    /// <param name="cancel">Stops between steps.</param>
    /// <returns>In the prompts' order.</returns>
    /// <exception cref="FoveaException">
    /// An option is out of range, a prompt is empty or longer than the model allows, or the decoding method needs an image that a prompt has not.
    /// </exception>
    public static GeneratedSequence[] Generate(
        VisionLanguageModel model,
        IReadOnlyList<ExpandedSample> prompts,
        GenerationOptions options,
        Func<IIncrementalDecoder>? textDecoder = null,
        Action<GeneratedPiece>? watch = null,
        CancellationToken cancel = default)
    {
        options.Validate(model.VocabSize);
        var whole = Generating(model);
        if (options.StopStrings.Count > 0 && textDecoder is null)
        {
            throw new ArgumentException("stop strings need a text decoder", nameof(textDecoder));
        }

        prompts = Prepared(whole, prompts, options);
        var results = new GeneratedSequence[prompts.Count];
        foreach (var batch in Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].InputIds.Length).Chunk(options.BatchSize))
        {
            var limits = Array.ConvertAll(batch, i => Limit(whole, prompts[i], i, options.MaxNewTokens));
            if (options.MaxNewTokens == 0)
            {
                Array.ForEach(batch, i => results[i] = new GeneratedSequence([], textDecoder is null ? null : "", StopReason.Length, null, null));
                continue;
            }

            ExpandedSample[] rows = [.. batch.Select(i => prompts[i])];
            using var noGrad = no_grad();
            using var state = Open(whole, rows, limits.Max(), options);
            var found = options.Beams is null
                ? Choose(state, rows, options, [.. batch.Select((prompt, i) =>
                    new GeneratedRow(prompt, rows[i].InputIds, limits[i], options, textDecoder?.Invoke(), watch))], cancel)
                : BeamSearch.Run(state, rows, options, [.. batch.Select((prompt, i) =>
                    new BeamGroup(prompt, rows[i].InputIds, limits[i], options, textDecoder, watch))], cancel);
            for (var i = 0; i < batch.Length; i++)
            {
                results[batch[i]] = found[i];
            }
        }

        return results;
    }

    /// <summary>Scores of the prompts' first new tokens, as the decoding method leaves them, -inf for ids that are out: <c>[prompts, vocab]</c>, float32.</summary>
    /// <param name="model">Of one of the families here.</param>
    /// <param name="prompts">One batch, expanded.</param>
    /// <param name="options">Of which only the decoding method and the padding count.</param>
    /// <exception cref="FoveaException">As <see cref="Generate"/>.</exception>
    public static Tensor FirstScores(VisionLanguageModel model, IReadOnlyList<ExpandedSample> prompts, GenerationOptions options)
    {
        var whole = Generating(model);
        ExpandedSample[] rows = [.. Prepared(whole, prompts, options)];
        _ = rows.Select((row, i) => Limit(whole, row, i, 1)).Max();
        using var noGrad = no_grad();
        using var state = Open(whole, rows, 1, options);
        return state.Start(rows, options.PadId);
    }

    private static DecoderModel Generating(VisionLanguageModel model) =>
        model as DecoderModel ?? throw new NotSupportedException($"{model.Family}: not a model that generates");

    private static IReadOnlyList<ExpandedSample> Prepared(DecoderModel model, IReadOnlyList<ExpandedSample> prompts, GenerationOptions options) =>
        options.Method is { } method ? [.. prompts.Select(p => method.Prepare(model, p, null))] : prompts;

    private static IDecodingState Open(DecoderModel model, ExpandedSample[] rows, int maxNewTokens, GenerationOptions options)
    {
        var method = options.Method is { IsPlain: false } given ? given : null;
        var own = new DecodingState(model, rows, maxNewTokens, options, method);
        return method is { Contrasts: true }
            ? new GuidedState(method, own, new DecodingState(model, Array.ConvertAll(rows, r => r.Contrast!), maxNewTokens, options))
            : own;
    }

    /// <summary>Most new ids of a prompt: the last one is chosen, not read.</summary>
    private static int Limit(DecoderModel model, ExpandedSample prompt, int index, int maxNewTokens)
    {
        var length = prompt.InputIds.Length;
        return length >= 1 && length <= model.MaxLength
            ? Math.Min(maxNewTokens, model.MaxLength - length + 1)
            : throw new FoveaException($"prompt {index} has {length} tokens; expected 1 to {model.MaxLength}");
    }

    /// <summary>Greedy and sampled generation: each row takes one id per step and leaves the batch when it ends.</summary>
    private static GeneratedSequence[] Choose(
        IDecodingState state, ExpandedSample[] prompts, GenerationOptions options, GeneratedRow[] rows, CancellationToken cancel)
    {
        var active = rows;
        var ids = ChooseIds(state.Start(prompts, options.PadId), active, options);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var chosen = ids;
            var kept = Enumerable.Range(0, active.Length).Where(i => active[i].Add((int)chosen[i])).ToArray();
            if (kept.Length == 0)
            {
                return Array.ConvertAll(rows, row => row.Finish());
            }

            state.SelectRows(kept);
            active = Array.ConvertAll(kept, k => active[k]);
            ids = ChooseIds(state.Next(Array.ConvertAll(kept, k => chosen[k])), active, options);
        }
    }

    /// <summary>Chooses an id for each row from logits <c>[rows, vocab]</c>, which it disposes.</summary>
    private static long[] ChooseIds(Tensor logits, GeneratedRow[] rows, GenerationOptions options)
    {
        using var scope = NewDisposeScope();
        using var given = logits;
        var scores = given;
        if (options.RepetitionPenalty != 1)
        {
            scores = ScoreRules.Penalize(scores, Array.ConvertAll(rows, r => r.Held), options.RepetitionPenalty);
        }

        return options.Sampling is { } sampling
            ? ScoreRules.Draw(ScoreRules.Probabilities(scores, sampling), Array.ConvertAll(rows, r => r.Draws))
            : TensorBytes.ToArray<long>(scores.argmax(-1));
    }
}
