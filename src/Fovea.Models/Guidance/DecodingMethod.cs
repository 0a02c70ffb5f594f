using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Models.Guidance;

/// <summary>
/// A way of decoding that makes a model look more at the image: it contrasts each step's scores with those of a second prompt, changes attention, or both
/// (docs/decoding.md). Holds options only; what it remembers of a batch lives with that batch.
/// </summary>
public abstract class DecodingMethod
{
    /// <summary>Its name in the catalogue.</summary>
    public abstract string Name { get; }

    /// <summary>All that decides what it does, by key.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Whether its strength is zero, so that it is plain decoding, bit for bit: nothing of it is run.</summary>
    public abstract bool IsPlain { get; }

    /// <summary>Whether each prompt is read a second time in another form, which doubles time and cache.</summary>
    public virtual bool Contrasts => false;

    /// <summary>Whether it reads attention weights, which only plain operators have.</summary>
    public virtual bool ReadsAttention => false;

    /// <summary>The method with its settings, in the form in which it is asked for: <c>vcd@alpha=1,beta=0.1</c>.</summary>
    public string Description => Settings.Count == 0 ? Name : $"{Name}@{string.Join(',', Settings.Select(s => $"{s.Key}={s.Value}"))}";

    /// <summary>The prompt with all that the method reads of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">Expanded.</param>
    /// <param name="images">Its images before normalising, for methods that replace them by a visionless proxy; null where they are not at hand.</param>
    /// <exception cref="FoveaException">The model sees no images, or the prompt has none.</exception>
    public ExpandedSample Prepare(DecoderModel model, ExpandedSample prompt, PromptImages? images)
    {
        if (IsPlain || prompt.Contrast is not null)
        {
            return prompt;
        }

        if (!model.SeesImages)
        {
            throw new FoveaException($"decoding by {Name}: a {model.Family} model sees no images; decode without it, or name a model with a vision side");
        }

        if (prompt.Images.Count == 0)
        {
            throw new FoveaException($"decoding by {Name}: the prompt has no image, and the method is about what the image says; give an image, or decode without it");
        }

        var contrast = Contrasts ? Contrast(model, prompt, images) : null;
        return contrast is { InputIds.Length: 0 }
            ? throw new FoveaException($"decoding by {Name}: nothing is left of the prompt without its images; give a question too")
            : prompt with { Contrast = contrast };
    }

    /// <summary>What attention does to the prompt's own state; null to leave it as it is. The caller disposes it.</summary>
    /// <param name="rows">The batch's prompts.</param>
    /// <param name="numLayers">Of the decoder.</param>
    /// <exception cref="FoveaException">The method's layers are not the decoder's.</exception>
    public virtual BatchAttention? Attention(PromptRows rows, int numLayers) => null;

    /// <summary>The second prompt.</summary>
    protected virtual ExpandedSample Contrast(DecoderModel model, ExpandedSample prompt, PromptImages? images) =>
        throw new NotSupportedException($"{Name} contrasts with nothing");

    /// <summary>Scores to choose from, of those of the prompt and of its contrast: <c>[rows, vocab]</c> each, float32; -inf for ids that are out.</summary>
    public virtual Tensor Combine(Tensor scores, Tensor contrast) => throw new NotSupportedException($"{Name} contrasts with nothing");

    /// <summary>The prompt without its images and their tokens.</summary>
    protected static ExpandedSample WithoutImages(DecoderModel model, ExpandedSample prompt) =>
        new(Array.FindAll(prompt.InputIds, id => !model.IsImageToken(id)), [], []);

    /// <summary>
    /// The adaptive plausibility constraint (arXiv 2210.15097): ids whose probability by the prompt itself is below a share of the likeliest one's are out.
    /// </summary>
    /// <param name="combined">Scores that are kept elsewhere: <c>[rows, vocab]</c>.</param>
    /// <param name="own">Scores or log-probabilities of the prompt itself: <c>[rows, vocab]</c>.</param>
    /// <param name="share">0 for no constraint.</param>
    protected static Tensor OnlyPlausible(Tensor combined, Tensor own, double share)
    {
        if (share == 0)
        {
            return combined;
        }

        using var scope = NewDisposeScope();
        var cutOff = own.amax([-1], keepdim: true).Plus(Math.Log(share)); // [rows, 1]
        return combined.Masked(own.lt(cutOff), double.NegativeInfinity).MoveToOuterDisposeScope();
    }

    /// <summary>A number as settings write it.</summary>
    protected static string Write(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>A prompt's images before normalising.</summary>
/// <param name="Key">Of the sample that they belong to.</param>
/// <param name="Unit">In [0, 1]: each <c>[3, height, width]</c>.</param>
/// <param name="Processor">Normalises.</param>
public sealed record PromptImages(SampleKey Key, IReadOnlyList<PixelValues> Unit, IImageProcessor Processor);

/// <summary>A visionless proxy: what a contrast shows in place of the images.</summary>
/// <param name="Name">Its name, with its argument.</param>
/// <param name="Replace">Normalised replacements, as many as there are images; null: no image tokens at all.</param>
public sealed record ContrastImages(string Name, Func<PromptImages, IReadOnlyList<PixelValues>>? Replace);
