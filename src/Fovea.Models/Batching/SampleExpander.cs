using Fovea.Core.Errors;
using Fovea.Core.Samples;

namespace Fovea.Models.Batching;

/// <summary>Replaces image placeholders by a model's image tokens and cuts to a length, carrying the targets along.</summary>
public static class SampleExpander
{
    /// <summary>Expands a sample for training or scoring; the targets kept are its first ones.</summary>
    /// <param name="model">Whose image tokens to use.</param>
    /// <param name="sample">Unexpanded.</param>
    /// <param name="images">Normalised images, one a placeholder; empty together with <paramref name="withoutImages"/>.</param>
    /// <param name="maxLength">Cut to this many expanded tokens; null for none: rotary positions continue beyond the length that a checkpoint states, as in Transformers.</param>
    /// <param name="withoutImages">Leave the placeholders out: the visionless proxy "no image tokens".</param>
    /// <exception cref="InvalidInputException"><c>image_cut</c>: an image's tokens would be cut. <c>no_target</c>: no target remains. Or an id is outside the vocabulary.</exception>
    public static ExpandedSample Expand(
        VisionLanguageModel model, TokenizedSample sample, IReadOnlyList<PixelValues> images, int? maxLength = null, bool withoutImages = false)
    {
        var limit = maxLength ?? int.MaxValue;
        var (ids, places) = ExpandIds(model, sample.InputIds, images, sample.Key, withoutImages);
        var lastImage = withoutImages ? -1 : Array.FindLastIndex(sample.InputIds, i => i == TokenizedSample.ImagePlaceholder);
        var imagesEnd = lastImage < 0 ? 0 : lastImage + 1 < places.Length ? places[lastImage + 1] : ids.Length;
        if (imagesEnd > limit)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"image_cut: image tokens end at {imagesEnd}, past the limit of {limit} tokens; raise max_length or drop the sample");
        }

        var targets = Array.ConvertAll(sample.TargetIndices, i => places[i]);
        var kept = targets.TakeWhile(t => t < limit).ToArray();
        if (kept.Length == 0)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"no_target: none of {targets.Length} targets is within the first {limit} tokens; raise max_length or drop the sample");
        }

        return new ExpandedSample(ids.Length > limit ? ids[..limit] : ids, kept, withoutImages ? [] : images)
        {
            ImageStarts = withoutImages ? [] : [.. places.Where((_, i) => sample.InputIds[i] == TokenizedSample.ImagePlaceholder)],
        };
    }

    /// <summary>Expands a prompt for generation: no targets.</summary>
    public static ExpandedSample ExpandPrompt(VisionLanguageModel model, SampleKey key, int[] inputIds, IReadOnlyList<PixelValues> images)
    {
        var (ids, _) = ExpandIds(model, inputIds, images, key, withoutImages: false);
        return new ExpandedSample(ids, [], images);
    }

    private static (int[] Ids, int[] Places) ExpandIds(
        VisionLanguageModel model, int[] inputIds, IReadOnlyList<PixelValues> images, SampleKey key, bool withoutImages)
    {
        var ids = new List<int>(inputIds.Length + 64);
        var places = new int[inputIds.Length];
        var next = 0;
        for (var i = 0; i < inputIds.Length; i++)
        {
            places[i] = ids.Count;
            if (inputIds[i] != TokenizedSample.ImagePlaceholder)
            {
                ids.Add(inputIds[i] >= 0 && inputIds[i] < model.VocabSize
                    ? inputIds[i]
                    : throw new InvalidInputException(key.Source, key.Record,
                        $"token id {inputIds[i]} is outside the model's vocabulary of {model.VocabSize}; use the tokenizer that belongs to the model"));
            }
            else if (!withoutImages)
            {
                if (next >= images.Count)
                {
                    throw new InvalidInputException(key.Source, key.Record, $"image_count: more placeholders than the {images.Count} images given");
                }

                ids.AddRange(model.ImageTokenIds(images[next].Height, images[next].Width));
                next++;
            }
        }

        if (!withoutImages && next != images.Count)
        {
            throw new InvalidInputException(key.Source, key.Record, $"image_count: {images.Count} images for {next} placeholders");
        }

        return ([.. ids], places);
    }
}
