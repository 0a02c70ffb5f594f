using System.Collections.Concurrent;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Data.Images;

namespace Fovea.Cli.Stages;

/// <summary>The image processor that lies in a model's folder.</summary>
internal static class ImageHome
{
    /// <summary>A loader over <paramref name="corpus"/> with the model's processor.</summary>
    public static ImageLoader Loader(string modelFolder, ICorpus corpus) => new(corpus, new ImageProcessor(ModelFit.Processor(modelFolder)));
}

/// <summary>SHA-256 over the bytes of a sample's image files; each file is read once.</summary>
internal sealed class ImageHashes
{
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _folders;

    /// <summary>Finds images below the folders of <paramref name="data"/>.</summary>
    public ImageHashes(IReadOnlyList<DataSource> data) =>
        _folders = data.ToDictionary(d => Path.GetFileName(d.File), d => d.ImageFolder, StringComparer.Ordinal);

    /// <summary>The sample's hash; null without images.</summary>
    public string? Of(TokenizedSample sample)
    {
        if (sample.Images.Count == 0)
        {
            return null;
        }

        var folder = _folders[sample.Key.Source];
        var hashes = sample.Images.Select(i => _known.GetOrAdd(Path.Combine(folder, i), path => Hash(path, sample))).ToArray();
        return hashes.Length == 1 ? hashes[0] : ContentHash.OfText(string.Join('\n', hashes));
    }

    private static string Hash(string path, TokenizedSample sample)
    {
        try
        {
            return ContentHash.OfFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"image \"{path}\" cannot be read ({e.Message})", e);
        }
    }
}
