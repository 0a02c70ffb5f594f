using Fovea.Core.Errors;

namespace Fovea.Core.Samples;

/// <summary>Token ids in which each image placeholder is replaced by that image's tokens, as models, scoring, training and export read them.</summary>
/// <param name="Ids">Expanded: <c>[seq]</c>.</param>
/// <param name="Places">Where each unexpanded token is in <paramref name="Ids"/>, a placeholder where its image's tokens begin: <c>[unexpanded
/// seq]</c>.</param>
/// <param name="ImagesEnd">Where the tokens of the last image end in <paramref name="Ids"/>; 0 without image tokens.</param>
public sealed record ExpandedTokens(int[] Ids, int[] Places, int ImagesEnd)
{
    /// <summary>Expands ids.</summary>
    /// <param name="inputIds">With placeholders: <c>[unexpanded seq]</c>.</param>
    /// <param name="imageTokens">The tokens of the n-th image, counted from 0; none leaves its placeholder out.</param>
    public static ExpandedTokens Of(int[] inputIds, Func<int, IReadOnlyCollection<int>> imageTokens)
    {
        var ids = new List<int>(inputIds.Length + 64);
        var places = new int[inputIds.Length];
        int images = 0, end = 0;
        for (var i = 0; i < inputIds.Length; i++)
        {
            places[i] = ids.Count;
            if (inputIds[i] != TokenizedSample.ImagePlaceholder)
            {
                ids.Add(inputIds[i]);
                continue;
            }

            var tokens = imageTokens(images++);
            ids.AddRange(tokens);
            end = tokens.Count > 0 ? ids.Count : end;
        }

        return new ExpandedTokens([.. ids], places, end);
    }

    /// <summary>Indices into <see cref="Ids"/> of the targets within a length, the sample's first ones: <c>[targets kept]</c>.</summary>
    /// <param name="sample">Whose ids these are.</param>
    /// <param name="limit">Most expanded tokens; null for all.</param>
    /// <exception cref="InvalidInputException"><c>image_cut</c>: an image's tokens would be cut. <c>no_target</c>: no target remains. <c>no_context</c>: the
    /// first target is the first token.</exception>
    public int[] TargetsWithin(TokenizedSample sample, int? limit)
    {
        const string Advice = "raise max_length (--max-length) or drop the sample";
        if (ImagesEnd > limit)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"image_cut: image tokens end at {ImagesEnd}, past the limit of {limit} tokens; {Advice}");
        }

        var targets = Array.ConvertAll(sample.TargetIndices, i => Places[i]);
        var kept = Array.FindAll(targets, t => t < (limit ?? int.MaxValue));
        return kept switch
        {
            [] => throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"no_target: none of {targets.Length} targets is within the first {limit} tokens; {Advice}"),

            // A batch would take the token before it: the end of the sample before, or nothing.
            [0, ..] => throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                "no_context: the first target is the first token, so that nothing precedes it to predict it from; use a template or a tokenizer that begins "
                    + "texts with a token, or, where images are left out, another proxy"),
            _ => kept,
        };
    }
}
