using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Models.Checkpoints;
using Fovea.Scoring.Folds;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

/// <summary>SHA-256 of what a stage reads, by role, so that continuing with other inputs is noticed. What is null adds nothing.</summary>
/// <param name="hasher">Reads each file once, and can be cancelled.</param>
public sealed class InputHashes(InputHasher hasher)
{
    /// <summary>What was added.</summary>
    public SortedDictionary<string, string> ByRole { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a file.</summary>
    /// <exception cref="InvalidInputException">It is missing.</exception>
    public InputHashes File(string role, string? file) => Add(role, file is null ? null : OfFile(file, $"no such file ({role}); give an existing one"));

    /// <summary>Adds a score store, whose manifest stands for it.</summary>
    /// <inheritdoc cref="File"/>
    public InputHashes Store(string role, string? folder) => File(role, folder is null ? null : Path.Combine(folder, ScoreStoreReader.ManifestFile));

    /// <summary>Adds a fold assignment, by its file or folder.</summary>
    /// <inheritdoc cref="File"/>
    public InputHashes Folds(string? folds) => File("folds", folds is null ? null : FoldsFile.PathOf(folds));

    /// <summary>Adds a model by what may have changed in it: <c>ROLE.weights</c> and so on.</summary>
    /// <inheritdoc cref="ModelParts.Hash"/>
    public InputHashes Model(string role, string? folder)
    {
        foreach (var (part, hash) in folder is null ? [] : ModelParts.Hash(folder, hasher))
        {
            ByRole[$"{role}.{part}"] = hash;
        }

        return this;
    }

    /// <summary>Adds several models: <c>model[0].weights</c> and so on.</summary>
    /// <inheritdoc cref="ModelParts.Hash"/>
    public InputHashes Models(IReadOnlyList<string> folders) => folders.Index().Aggregate(this, (all, m) => all.Model($"model[{m.Index}]", m.Item));

    /// <summary>Adds a tokenizer.</summary>
    /// <inheritdoc cref="ModelParts.OfTokenizer"/>
    public InputHashes Tokenizer(string folder) => Add("tokenizer", ModelParts.OfTokenizer(folder, hasher));

    /// <summary>Adds what was hashed already.</summary>
    public InputHashes Add(string role, string? hash)
    {
        if (hash is not null)
        {
            ByRole[role] = hash;
        }

        return this;
    }

    /// <summary>Adds the text of corpora.</summary>
    /// <exception cref="InvalidInputException">A file or its image folder is missing.</exception>
    public InputHashes Data(string role, IReadOnlyList<DataSource> data)
    {
        foreach (var (i, source) in data.Index())
        {
            ByRole[$"{role}[{i}]"] = OfFile(source.File, $"no such file, which {role}[{i}].file names; give an existing one");
            if (!Directory.Exists(source.ImageFolder))
            {
                throw new InvalidInputException(source.ImageFolder, null, "no such image folder; give an existing one");
            }
        }

        return this;
    }

    /// <summary>
    /// Adds the images of corpora: those that records name, by name and content, and no other file of their folder
    /// (docs/decisions/0022-what-decides-a-result.md). One that is missing or unreadable counts as that, since reading the corpus says it by record.
    /// </summary>
    /// <exception cref="InvalidInputException">A corpus cannot be read.</exception>
    public InputHashes Images(string role, IReadOnlyList<DataSource> data)
    {
        foreach (var (i, source) in data.Index())
        {
            var corpus = CorpusFiles.Open([source], new InvalidRecords(int.MaxValue));
            var named = corpus.Samples.SelectMany(s => s.Images.Select(name => (s.Key, Name: name))).DistinctBy(n => n.Name, StringComparer.Ordinal);
            var files = named.Select(n => (n.Name, PathOf(corpus, n.Key, n.Name))).ToList();
            if (files.Count > 0)
            {
                ByRole[$"{role}[{i}].images"] = hasher.OfFiles($"{role}[{i}].images", files);
            }
        }

        return this;
    }

    /// <summary>Adds a folder of scenes: its annotations, its texts, and the images that they name where those are looked at.</summary>
    /// <exception cref="InvalidInputException">No scenes are there.</exception>
    public InputHashes Scenes(string role, string? folder, bool images)
    {
        if (folder is null)
        {
            return this;
        }

        Add(role, ContentHash.OfText(string.Join('\n', new[] { SceneAnnotations.AnnotationsFile, SceneAnnotations.WorldFile }
            .Select(f => OfFile(Path.Combine(folder, f), "not found; make scenes with 'fovea scenes'")))));
        DataSource[] texts = [.. new[] { SceneWorld.CaptionsFile, SceneWorld.DialoguesFile }.Select(f => new DataSource { File = Path.Combine(folder, f) })
            .Where(d => System.IO.File.Exists(d.File))];
        Data(role + ".text", texts);
        return images ? Images(role + ".text", texts) : this;
    }

    private string OfFile(string file, string missing) =>
        System.IO.File.Exists(file) ? hasher.OfFile(file, RegularFile.MaxCorpus) : throw new InvalidInputException(file, null, missing);

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
