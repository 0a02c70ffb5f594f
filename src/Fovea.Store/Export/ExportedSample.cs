namespace Fovea.Store.Export;

/// <summary>
/// A sample as other trainers take it. Position i of labels and weights belongs to the token at i, which position i - 1 predicts; of
/// <see cref="ByPrediction"/>, to the position that predicts.
/// </summary>
/// <param name="Key">Source and record of the sample: what joins a row with the corpus.</param>
/// <param name="Id">The sample's label, which others may share; its key where it has none.</param>
/// <param name="Images">Names of its images as the corpus has them, in the order of their tokens.</param>
/// <param name="InputIds">Token ids, images expanded: <c>[seq]</c>.</param>
/// <param name="Labels">The id where a token carries loss or could, -100 elsewhere: <c>[seq]</c>.</param>
/// <param name="LossWeights">Weight of each token's loss, scaled as training does it; 0 where there is no label: <c>[seq]</c>.</param>
public sealed record ExportedSample(SampleKey Key, string Id, IReadOnlyList<string> Images, int[] InputIds, int[] Labels, float[] LossWeights)
{
    /// <summary>The label of a token without loss.</summary>
    public const int NoLabel = -100;

    /// <summary>The first image, which is the only one in most corpora; null without images.</summary>
    public string? Image => Images.Count > 0 ? Images[0] : null;

    /// <summary>Lays a sample out with its weights.</summary>
    /// <param name="sample">As scoring and training tokenize it.</param>
    /// <param name="weights">Its row of the weights file, kept or text-only; null: each target weighs 1.</param>
    /// <param name="normalization">How the file's weights are meant.</param>
    /// <param name="layout">Of image tokens and length.</param>
    /// <exception cref="InvalidInputException"><c>image_cut</c>: an image would be cut. <c>no_target</c>: no target remains. <c>no_context</c>: no
    /// position predicts the first one.</exception>
    public static ExportedSample Of(TokenizedSample sample, TokenWeights? weights, WeightNormalization normalization, ExportLayout layout)
    {
        var image = Enumerable.Repeat(layout.ImageTokenId, layout.TokensPerImage).ToArray();
        var expanded = ExpandedTokens.Of(sample.InputIds, _ => image);
        var targets = expanded.TargetsWithin(sample, layout.MaxLength);
        var ids = expanded.Ids.Length > layout.MaxLength ? expanded.Ids[..layout.MaxLength.Value] : expanded.Ids;
        var scaled = weights?.Weights is { } raw ? WeightNormalizer.Normalize(raw, targets.Length, normalization) : null;
        var (labels, lossWeights) = (new int[ids.Length], new float[ids.Length]);
        Array.Fill(labels, NoLabel);
        for (var t = 0; t < targets.Length; t++)
        {
            labels[targets[t]] = ids[targets[t]];
            lossWeights[targets[t]] = scaled?[t] ?? 1f;
        }

        return new ExportedSample(sample.Key, sample.Id ?? sample.Key.ToString(), sample.Images, ids, labels, lossWeights);
    }

    /// <summary>
    /// The same with labels and weights one place to the left, at the position that predicts their token; the last position predicts nothing. For trainers
    /// that shift neither.
    /// </summary>
    public ExportedSample ByPrediction() => this with { Labels = [.. Labels[1..], NoLabel], LossWeights = [.. LossWeights[1..], 0f] };
}

/// <summary>How samples are laid out for another trainer.</summary>
/// <param name="ImageTokenId">The id that stands for an image.</param>
/// <param name="TokensPerImage">How many of them: 1 where the trainer's own processor expands images, else the model's number, e.g. 576 for LLaVA-1.5.</param>
/// <param name="MaxLength">Cut to this many tokens; null for none.</param>
public sealed record ExportLayout(int ImageTokenId, int TokensPerImage, int? MaxLength);
