namespace Fovea.Models.Batching;

/// <summary>Replaces image placeholders by a model's image tokens and cuts to a length, carrying the targets along.</summary>
public static class SampleExpander
{
    /// <summary>Expands a sample for training or scoring; the targets kept are its first ones.</summary>
    /// <param name="model">Whose image tokens to use.</param>
    /// <param name="sample">Unexpanded.</param>
    /// <param name="images">Normalised images, one a placeholder; empty together with <paramref name="withoutImages"/>.</param>
    /// <param name="maxLength">Cut to this many expanded tokens; null for none: rotary positions continue beyond the length that a checkpoint
    /// states, as in Transformers.</param>
    /// <param name="withoutImages">Leave the placeholders out: the visionless proxy "no image tokens".</param>
    /// <exception cref="InvalidInputException"><c>image_cut</c>: an image's tokens would be cut. <c>no_target</c>: no target remains.
    /// <c>no_context</c>: the first target is the first token. Or an id is outside the vocabulary.</exception>
    public static ExpandedSample Expand(
        VisionLanguageModel model, TokenizedSample sample, IReadOnlyList<PixelValues> images, int? maxLength = null, bool withoutImages = false)
    {
        var expanded = ExpandIds(model, sample.InputIds, images, sample.Key, withoutImages);
        var targets = expanded.TargetsWithin(sample, maxLength);
        return new ExpandedSample(expanded.Ids.Length > maxLength ? expanded.Ids[..maxLength.Value] : expanded.Ids, targets, withoutImages ? [] : images)
        {
            ImageStarts = withoutImages ? [] : [.. expanded.Places.Where((_, i) => sample.InputIds[i] == TokenizedSample.ImagePlaceholder)],
        };
    }

    /// <summary>Expands a prompt for generation: no targets.</summary>
    public static ExpandedSample ExpandPrompt(VisionLanguageModel model, SampleKey key, int[] inputIds, IReadOnlyList<PixelValues> images) =>
        new(ExpandIds(model, inputIds, images, key, withoutImages: false).Ids, [], images);

    private static ExpandedTokens ExpandIds(VisionLanguageModel model, int[] inputIds, IReadOnlyList<PixelValues> images, SampleKey key, bool withoutImages)
    {
        if (Array.FindIndex(inputIds, id => id != TokenizedSample.ImagePlaceholder && (id < 0 || id >= model.VocabSize)) is >= 0 and var stray)
        {
            throw new InvalidInputException(key.Source, key.Record,
                $"token id {inputIds[stray]} is outside the model's vocabulary of {model.VocabSize}; use the tokenizer that belongs to the model");
        }

        var placeholders = inputIds.Count(id => id == TokenizedSample.ImagePlaceholder);
        if (!withoutImages && placeholders != images.Count)
        {
            throw new InvalidInputException(key.Source, key.Record, $"image_count: {images.Count} images for {placeholders} placeholders");
        }

        return ExpandedTokens.Of(inputIds, n => withoutImages ? [] : model.ImageTokenIds(images[n].Height, images[n].Width));
    }
}
