using Fovea.Models.Batching;
using Fovea.Models.Parameters;
using Fovea.Models.Vision;
using TorchSharp;

namespace Fovea.Models;

/// <summary>
/// A causal language model that may see images: ids and images in, logits where they are wanted out. It knows no loss.
/// Also serves a text-only decoder, whose <see cref="SeesImages"/> is false.
/// </summary>
public abstract class VisionLanguageModel : IDisposable
{
    /// <summary>Family, as in <c>config.json</c>: <c>llama</c>, <c>llava</c>, <c>solo</c>.</summary>
    public abstract string Family { get; }

    /// <summary>Whether image placeholders are allowed.</summary>
    public abstract bool SeesImages { get; }

    /// <summary>Parameters by their <c>transformers452</c> names, in a fixed order; a tied one appears once.</summary>
    public abstract ParameterSet Parameters { get; }

    /// <summary>Number of ids that the head can predict.</summary>
    public abstract int VocabSize { get; }

    /// <summary>Length the model was made for, in expanded tokens: the default limit of samples, which options may raise.</summary>
    public abstract int MaxLength { get; }

    /// <summary>The ids that one image of this size (after the image processor) expands to.</summary>
    public abstract int[] ImageTokenIds(int height, int width);

    /// <summary>Embeds ids and sets images in their places: <c>[batch, seq]</c> -> <c>[batch, seq, hidden]</c>.</summary>
    public abstract torch.Tensor Embed(torch.Tensor inputIds, torch.Tensor? pixelValues);

    /// <summary>Lays images out as this model's image side reads them (see <see cref="ModelBatch.PixelValues"/>).</summary>
    public abstract torch.Tensor? PackPixels(IReadOnlyList<PixelValues> images);

    /// <summary>Logits of the next token at the wanted positions: <c>[targets, vocab]</c>.</summary>
    public abstract torch.Tensor Logits(ModelBatch batch);

    /// <summary>
    /// What the decoder sees of images, of which a cache keeps those that it can: <c>[images, tokens, hidden]</c>; null without images, or where a model has no
    /// encoder whose work would be worth keeping.
    /// </summary>
    internal virtual torch.Tensor? ProjectedImages(IReadOnlyList<PixelValues> images, ImageFeatureCache cache) => null;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Parameters.Dispose();
        GC.SuppressFinalize(this);
    }
}
