using Fovea.Data.Images;

namespace Fovea.Pipeline.Stages;

/// <summary>The image processor that lies in a model's folder.</summary>
public static class ImageHome
{
    /// <summary>A loader over <paramref name="corpus"/> with the model's processor.</summary>
    public static ImageLoader Loader(string modelFolder, ICorpus corpus) => new(corpus, new ImageProcessor(ModelFit.Processor(modelFolder)));
}
