using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;

namespace Fovea.Pipeline.Stages;

/// <summary>SHA-256 of what a stage reads, so that continuing with other inputs is noticed.</summary>
public static class InputHashes
{
    /// <summary>Hash of each file by its role.</summary>
    /// <exception cref="InvalidInputException">A file is missing.</exception>
    public static SortedDictionary<string, string> Of(IEnumerable<(string Role, string File)> files, InputHasher hasher)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (role, file) in files)
        {
            hashes[role] = OfFile(file, $"no such file ({role}); give an existing one", hasher);
        }

        return hashes;
    }

    /// <summary>Adds the text of corpora.</summary>
    /// <exception cref="InvalidInputException">A file or its image folder is missing.</exception>
    public static void AddData(SortedDictionary<string, string> hashes, string role, IReadOnlyList<DataSource> data, InputHasher hasher)
    {
        for (var i = 0; i < data.Count; i++)
        {
            hashes[$"{role}[{i}]"] = OfFile(data[i].File, $"no such file, which {role}[{i}].file names; give an existing one", hasher);
            if (!Directory.Exists(data[i].ImageFolder))
            {
                throw new InvalidInputException(data[i].ImageFolder, null, "no such image folder; give an existing one");
            }
        }
    }

    /// <summary>
    /// Adds the images of corpora: those that records name, by name and content, and no other file of their folder (docs/decisions/0022-what-decides-a-result.md).
    /// One that is missing or unreadable counts as that, since reading the corpus says it by record.
    /// </summary>
    /// <exception cref="InvalidInputException">A corpus cannot be read.</exception>
    public static void AddImages(SortedDictionary<string, string> hashes, string role, IReadOnlyList<DataSource> data, InputHasher hasher)
    {
        for (var i = 0; i < data.Count; i++)
        {
            var corpus = CorpusFiles.Open([data[i]], new InvalidRecords(int.MaxValue));
            var named = corpus.Samples.SelectMany(s => s.Images.Select(name => (s.Key, Name: name))).DistinctBy(n => n.Name, StringComparer.Ordinal);
            var files = named.Select(n => (n.Name, PathOf(corpus, n.Key, n.Name))).ToList();
            if (files.Count > 0)
            {
                hashes[$"{role}[{i}].images"] = hasher.OfFiles($"{role}[{i}].images", files);
            }
        }
    }

    /// <summary>Adds a folder of scenes: its annotations, its texts, and the images that they name where those are looked at.</summary>
    /// <exception cref="InvalidInputException">No scenes are there.</exception>
    public static void AddScenes(SortedDictionary<string, string> hashes, string role, string folder, bool images, InputHasher hasher)
    {
        hashes[role] = ContentHash.OfText(string.Join('\n', new[] { SceneAnnotations.AnnotationsFile, SceneAnnotations.WorldFile }
            .Select(f => OfFile(Path.Combine(folder, f), "not found; make scenes with 'fovea scenes'", hasher))));
        DataSource[] texts = [.. new[] { SceneWorld.CaptionsFile, SceneWorld.DialoguesFile }.Select(f => new DataSource { File = Path.Combine(folder, f) }).Where(d => File.Exists(d.File))];
        AddData(hashes, role + ".text", texts, hasher);
        if (images)
        {
            AddImages(hashes, role + ".text", texts, hasher);
        }
    }

    private static string OfFile(string file, string missing, InputHasher hasher) =>
        File.Exists(file) ? hasher.OfFile(file, Core.Files.RegularFile.MaxCorpus) : throw new InvalidInputException(file, null, missing);

    private static string? PathOf(ICorpus corpus, SampleKey key, string image)
    {
        try
        {
            return corpus.ImagePath(key, image);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }
}
