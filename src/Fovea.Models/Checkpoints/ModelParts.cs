namespace Fovea.Models.Checkpoints;

/// <summary>
/// SHA-256 of a model folder part by part, so that a change is refused by the name of what changed. Which files count is listed in <see cref="DecisiveFiles"/>.
/// </summary>
public static class ModelParts
{
    /// <summary>
    /// Hash of each part that the folder has: config, generation, tokenizer, template, image_processor, weights; those of a vision tower in
    /// a folder of its own are among them.
    /// </summary>
    /// <exception cref="InvalidInputException">No model is there, or its configuration or the layout of its weights is not valid.</exception>
    public static IEnumerable<(string Part, string Hash)> Hash(string folder, InputHasher hasher)
    {
        MissingModel.Require(folder);

        var configs = ModelFolder.Files(folder).Except(ModelFolder.WeightFiles(folder)).ToArray();
        yield return ("config", Of(folder, configs, hasher)!);
        var folders = configs.Select(c => Path.GetDirectoryName(c)!).Distinct(StringComparer.Ordinal); // the model's own, and its tower's
        foreach (var (part, files) in new[]
        {
            ("generation", Named([folder], [DecisiveFiles.GenerationConfig])), ("tokenizer", Named([folder], DecisiveFiles.Tokenizer)),
            ("template", Named([folder], DecisiveFiles.Template)), ("image_processor", Named(folders, DecisiveFiles.ImageProcessor)),
        })
        {
            if (Of(folder, files, hasher) is { } hash)
            {
                yield return (part, hash);
            }
        }

        yield return ("weights", ModelFolder.WeightsHash(folder, hasher));
    }

    /// <summary>Adds the parts of a model under <paramref name="role"/>, such as <c>model.weights</c>.</summary>
    /// <inheritdoc cref="Hash"/>
    public static void Add(SortedDictionary<string, string> hashes, string role, string folder, InputHasher hasher)
    {
        foreach (var (part, hash) in Hash(folder, hasher))
        {
            hashes[$"{role}.{part}"] = hash;
        }
    }

    /// <summary>
    /// Hash of all files of a tokenizer: those of its vocabulary, in whichever form, and those beside it that change what it does, a
    /// model's configuration among them.
    /// </summary>
    /// <exception cref="InvalidInputException">None is there.</exception>
    public static string OfTokenizer(string folder, InputHasher hasher) =>
        DecisiveFiles.Vocabularies.Any(f => File.Exists(Path.Combine(folder, f)))
            ? Of(folder, Named([folder], [.. DecisiveFiles.Tokenizer, DecisiveFiles.Config]), hasher)!
            : throw new InvalidInputException(folder, null, "no tokenizer here; expected tokenizer.json, tokenizer.model, or vocab.json with merges.txt");

    /// <summary>Hash of the chat template's own files; null where there are none.</summary>
    public static string? OfTemplate(string folder, InputHasher hasher) => Of(folder, Named([folder], DecisiveFiles.Template), hasher);

    /// <summary>Hash of an adapter's shape and weights.</summary>
    /// <exception cref="InvalidInputException">No adapter is there.</exception>
    public static string OfAdapter(string folder, InputHasher hasher) =>
        Of(folder, Named([folder], DecisiveFiles.Adapter), hasher)
            ?? throw new InvalidInputException(folder, null,
                $"no adapter here; expected {DecisiveFiles.Adapter[0]} with {DecisiveFiles.Adapter[1]} or {DecisiveFiles.Adapter[2]}");

    private static IEnumerable<string> Named(IEnumerable<string> folders, IEnumerable<string> names) =>
        folders.SelectMany(d => names.Select(n => Path.Combine(d, n))).Where(File.Exists);

    private static string? Of(string folder, IEnumerable<string> files, InputHasher hasher)
    {
        var lines = files.Select(f => $"{Path.GetRelativePath(folder, f)} {hasher.OfFile(f)}").ToArray();
        return lines.Length == 0 ? null : ContentHash.OfText(string.Join('\n', lines));
    }
}
