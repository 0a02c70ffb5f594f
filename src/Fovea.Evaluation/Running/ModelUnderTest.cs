using Fovea.Models;
using Fovea.Models.Guidance;

namespace Fovea.Evaluation.Running;

/// <summary>A model with what turns samples into its input. Owns nothing.</summary>
/// <param name="Model">The model, in any dtype.</param>
/// <param name="Encoder">Its tokenizer and template.</param>
/// <param name="Processor">Its image processor; null for a model that sees no images.</param>
/// <param name="BatchSize">Samples a forward pass.</param>
public sealed record ModelUnderTest(VisionLanguageModel Model, ISampleEncoder Encoder, IImageProcessor? Processor, int BatchSize = 16)
{
    /// <summary>How answers to questions with images are decoded; null for greedy decoding and no more.</summary>
    public DecodingMethod? Method { get; init; }

    /// <summary>The images of a sample as the model reads them; empty if it sees none.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">An image cannot be read.</exception>
    internal IReadOnlyList<PixelValues> Images(ICorpus corpus, Sample sample) =>
        Processor is null ? [] : [.. UnitImages(corpus, sample).Select(Processor.Normalize)];

    /// <summary>The same before normalising.</summary>
    /// <exception cref="Core.Errors.InvalidInputException">An image cannot be read.</exception>
    internal IReadOnlyList<PixelValues> UnitImages(ICorpus corpus, Sample sample) => Processor is null || !Model.SeesImages ? []
        : [.. Enumerable.Range(0, sample.Images.Count).Select(i => Processor.Rescale(corpus.LoadImage(sample, i)))];
}
