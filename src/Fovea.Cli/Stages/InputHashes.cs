using System.Text;
using Fovea.Cli.Story;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Models.Checkpoints;

namespace Fovea.Cli.Stages;

/// <summary>SHA-256 of what a stage reads, so that continuing with other inputs is noticed.</summary>
internal static class InputHashes
{
    private static readonly HashSet<string> ImageEndings = new([".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"], StringComparer.OrdinalIgnoreCase);
    private static readonly string[] CompanionFiles = ["tokenizer.json", "preprocessor_config.json", "tokenizer.model", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// <summary>Hash of each file by its role.</summary>
    /// <exception cref="InvalidInputException">A file is missing.</exception>
    public static SortedDictionary<string, string> Of(IEnumerable<(string Role, string File)> files)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (role, file) in files)
        {
            hashes[role] = File.Exists(file) ? ContentHash.OfFile(file) : throw new InvalidInputException(file, null, $"no such file ({role}); give an existing one");
        }

        return hashes;
    }

    /// <summary>Hashes of corpora: the file, and names and sizes of the images beside it.</summary>
    public static IEnumerable<(string Role, string Hash)> OfData(string role, IReadOnlyList<DataSource> data)
    {
        for (var i = 0; i < data.Count; i++)
        {
            var file = data[i].File;
            yield return ($"{role}[{i}]", File.Exists(file) ? ContentHash.OfFile(file) : throw new InvalidInputException(file, null, $"no such file, which {role}[{i}].file names; give an existing one"));
            yield return ($"{role}[{i}].images", OfFolder(data[i].ImageFolder));
        }
    }

    /// <summary>Hash of a model folder: config, weights, tokenizer and image processor.</summary>
    public static string OfModel(string folder)
    {
        MissingModel.Require(folder);

        IEnumerable<string> files =
        [
            .. ModelFolder.Files(folder),
            .. CompanionFiles.Select(f => Path.Combine(folder, f)).Where(File.Exists),
        ];
        return ContentHash.OfText(string.Join('\n', files.Select(ContentHash.OfFile)));
    }

    /// <summary>Hashes of a photographs run.</summary>
    public static SortedDictionary<string, string> OfPhotographs(PhotographsData data)
    {
        if (!File.Exists(data.Captions))
        {
            throw new InvalidInputException(data.Captions, null,
                "no such file (photographs.captions); any COCO captions file will do: the head of configs/coco.jsonc says how to get COCO's own, then --set photographs.captions=FILE --set photographs.images=DIR");
        }

        var hashes = Of([("captions", data.Captions)]);
        hashes["tokenizer"] = ModelParts.OfTokenizer(data.Tokenizer);
        hashes["images"] = OfFolder(data.Images);
        return hashes;
    }

    /// <summary>Hash of a folder of scenes: its annotations name all that is in it.</summary>
    public static string OfScenes(string folder)
    {
        var file = Path.Combine(folder, Fovea.Data.Scenes.SceneAnnotations.AnnotationsFile);
        return File.Exists(file) ? ContentHash.OfFile(file) : throw new InvalidInputException(folder, null, "no scenes here; make them with 'fovea scenes'");
    }

    private static string OfFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException(folder, null, "no such image folder; give an existing one");
        }

        var names = new StringBuilder();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => ImageEndings.Contains(f.Extension)).OrderBy(f => f.FullName, StringComparer.Ordinal))
        {
            names.Append(Path.GetRelativePath(folder, file.FullName)).Append(' ').Append(file.Length).Append('\n');
        }

        return ContentHash.OfText(names.ToString());
    }
}
