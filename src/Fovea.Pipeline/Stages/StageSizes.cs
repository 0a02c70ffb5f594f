using System.Diagnostics.CodeAnalysis;
using Fovea.Data.Corpora;
using Fovea.Models.Checkpoints;
using Fovea.Models.Initialisation;

namespace Fovea.Pipeline.Stages;

/// <summary>
/// How large models and corpora of a plan are: those that are there by their files, those that a stage is to make by what it says. Null: not known.
/// </summary>
/// <param name="root">The run's folder.</param>
/// <param name="stages">The plan's stages by name.</param>
public sealed class StageSizes(string root, IReadOnlyDictionary<string, IStage> stages)
{
    private const long MostCounted = 64L << 20;
    private const int Head = 4 << 20;
    private readonly HashSet<(string Folder, bool ReadsImages)> _fit = [];
    private readonly HashSet<string> _tokenizers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double?> _samples = new(StringComparer.Ordinal), _parameters = new(StringComparer.Ordinal);

    /// <summary>Samples of corpora.</summary>
    public double? SamplesOf(IReadOnlyList<DataSource> data) => data.Aggregate((double?)0, (sum, source) => sum + SamplesOf(source));

    /// <summary>Samples of what a stage makes in a folder.</summary>
    public double? SamplesOf(string folder) => MakerOf(folder)?.Samples;

    /// <summary>Share of its corpus that a fold of an assignment is.</summary>
    public double? ShareOf(string folds, int fold) => MakerOf(folds) switch
    {
        SplitStage split => fold == 0 ? split.Share : 1 - split.Share,
        FoldsStage equal => 1.0 / equal.Count,
        _ => null,
    };

    /// <summary>Parameters of a model's folder.</summary>
    public double? ParametersOf(string folder) => Known(_parameters, folder, () => MakerOf(folder) switch
    {
        TrainStage { Model: { } start } => ParametersOf(start),
        TrainStage { Preset: { } preset, Tokenizer: var tokenizer } => ParametersOf(preset, tokenizer),
        null when Directory.Exists(folder) => ModelInspection.Read(folder).Parameters,
        _ => null,
    });

    /// <summary>Parameters of a preset; without those of its vocabulary where its tokenizer is not there yet.</summary>
    public double? ParametersOf(PresetChoice preset, string? tokenizer) => Known(_parameters, $"{preset}|{tokenizer}", () => ModelPresets.NumParameters(
        preset.Name,
        tokenizer is not null && Directory.Exists(tokenizer)
            ? PresetVocabularies.Of(ModelFit.Tokenizer(tokenizer)) : new PresetVocabulary(1, 0, 0, 0, 0, new(0, 0, 0, 0)),
        preset.Sizes, preset.Tower));

    /// <summary>Whether a folder is there and no stage makes it.</summary>
    public bool IsGiven([NotNullWhen(true)] string? folder) => folder is not null && MakerOf(folder) is null && Directory.Exists(folder);

    /// <summary>Whether a tokenizer that is given fits the model beside it; each is read once for all stages.</summary>
    /// <exception cref="InvalidInputException">It does not, or is missing.</exception>
    public void CheckTokenizer(string folder)
    {
        if (IsGiven(folder) && _tokenizers.Add(folder))
        {
            ModelFit.Tokenizer(folder);
        }
    }

    /// <summary>Whether the tokenizer and the image processor of a model that is given fit it.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="readsImages">Whether the stage shows it images, which a text model cannot see.</param>
    /// <exception cref="InvalidInputException">They do not, or are missing.</exception>
    public void CheckGiven(string folder, bool readsImages)
    {
        CheckTokenizer(folder);
        if (IsGiven(folder) && _fit.Add((folder, readsImages)))
        {
            if (readsImages || ModelInspection.Read(folder) is { Tower: not null } or { PatchSize: not null })
            {
                ModelFit.Processor(folder);
            }
        }
    }

    /// <summary>Bytes of a model's parameters in float32.</summary>
    public double? BytesOf(string folder) => ParametersOf(folder) * sizeof(float);

    private double? SamplesOf(DataSource source) => MakerOf(source.File) is { } maker ? maker.Samples : Known(_samples, $"{source}", () =>
        !File.Exists(source.File) ? null
        : new FileInfo(source.File).Length <= MostCounted ? CorpusFiles.Open([source], new InvalidRecords(int.MaxValue)).Samples.Count
        : Estimated(source.File));

    // By how many records its first megabytes hold.
    private static double? Estimated(string file)
    {
        using var stream = RegularFile.Open(file, RegularFile.MaxCorpus);
        using var reader = new StreamReader(stream);
        var head = new char[Head];
        var text = new string(head, 0, reader.ReadBlock(head));
        var records = text.Split("\"conversations\"").Length + text.Split("\"messages\"").Length - 2;
        return records == 0 ? null : Math.Round(records * (double)stream.Length / System.Text.Encoding.UTF8.GetByteCount(text));
    }

    private IStage? MakerOf(string path)
    {
        var relative = Path.GetRelativePath(root, path);
        for (var name = relative; name.Length > 0; name = Path.GetDirectoryName(name) ?? "")
        {
            if (stages.TryGetValue(name, out var stage))
            {
                return stage;
            }
        }

        return null;
    }

    // What cannot be read is said by the stage that reads it.
    private static double? Known(Dictionary<string, double?> known, string key, Func<double?> find)
    {
        if (!known.TryGetValue(key, out var value))
        {
            try
            {
                value = find();
            }
            catch (Exception e) when (e is FoveaException or IOException or UnauthorizedAccessException)
            {
                value = null;
            }

            known[key] = value;
        }

        return value;
    }
}
