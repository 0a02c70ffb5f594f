using Fovea.Data.Images;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Asking;

/// <summary>Questions some of whose images are in their file itself.</summary>
/// <param name="questions">The questions, whose other images are files.</param>
/// <param name="images">Bytes of these, by the names that stand for them.</param>
internal sealed class QuestionImages(ICorpus questions, IReadOnlyDictionary<string, byte[]> images) : ICorpus
{
    public IReadOnlyList<Sample> Samples => questions.Samples;

    public RgbImage LoadImage(Sample sample, int index)
    {
        var name = sample.Images[index];
        try
        {
            return !EmbeddedImages.IsOne(name) ? questions.LoadImage(sample, index)
                : images.TryGetValue(name, out var bytes) ? ImageFile.Decode(bytes, name)
                : throw new InvalidInputException(name, null, "not among the images that the file holds");
        }
        catch (InvalidInputException e) when (EmbeddedImages.IsOne(name))
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"image: {e.Reason}", e);
        }
    }

    public string ImagePath(SampleKey key, string image) => questions.ImagePath(key, image);

    public void FindImages(Sample sample) => questions.FindImages(sample with { Images = [.. sample.Images.Where(i => !EmbeddedImages.IsOne(i))] });
}
