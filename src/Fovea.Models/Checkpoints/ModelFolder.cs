using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Parameters;
using Fovea.Models.Vision;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A model as a folder: configuration and weights in the forms in which they are published, read and written again in the form they came in.</summary>
public static class ModelFolder
{
    private const string WeightsName = "model.safetensors";
    private static readonly string[] TypeKeys = ["torch_dtype", "dtype"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Loads a llama, mistral, qwen2, LLaVA (as Transformers or as the original code writes it), Open-Qwen2VL or SOLO model.
    /// </summary>
    /// <param name="dir">The folder.</param>
    /// <param name="options">Types, memory, and what the folder does not say; null for float32 on the CPU.</param>
    /// <exception cref="InvalidInputException">The configuration is not supported, or tensors are missing, unexpected or misshapen (all are
    /// listed).</exception>
    public static DecoderModel Load(string dir, LoadOptions? options = null)
    {
        options ??= new LoadOptions();
        var plan = ModelLayouts.Open(dir, options);
        var keep = false;
        try
        {
            var reader = new ParameterReader(plan.Parts, plan.Specs, plan.TiedEmbedding);
            MemoryLimits.Require($"{dir}: its parameters take", reader.CopiedBytes(options) + plan.CompanionBytes, options.Memory, "use a smaller model");
            var model = plan.Build(reader.Read(options));
            keep = options.Mapped && options.Device.IsCpu();
            model.Remember(new CheckpointOrigin(plan.Layout, reader.Files, plan.Documents), keep ? plan : null);
            return model;
        }
        finally
        {
            if (!keep)
            {
                plan.Dispose();
            }
        }
    }

    /// <summary>Loads a CLIP or SigLIP vision tower from a folder of its own.</summary>
    /// <param name="dir">The folder; it may hold a whole CLIP or SigLIP model, whose text side is left out.</param>
    /// <param name="options">Types; null for float32 on the CPU.</param>
    /// <exception cref="InvalidInputException">The configuration is not supported, or tensors do not fit it (all are listed).</exception>
    public static TowerModel LoadTower(string dir, LoadOptions? options = null)
    {
        var config = VisionConfig.Read(Path.Combine(dir, ModelLayouts.ConfigName));
        using var source = TensorSources.Open(dir);
        var reader = new ParameterReader([new CheckpointPart(source, "model", LlavaNames.OfTower)],
            [.. VisionTower.Specs(config, LlavaModel.TowerPrefix)], null);
        var parameters = reader.Read((options ?? new LoadOptions()) with { Mapped = false });
        return new TowerModel(new VisionTower(config, parameters, LlavaModel.TowerPrefix), parameters);
    }

    /// <summary>
    /// Writes configuration and weights: a new folder appears whole or not at all; in one that exists each file is replaced at once. A model that was loaded
    /// keeps its names, layout and configuration; a new one gets those of Transformers 4.52. Tokenizer files are the caller's to copy.
    /// </summary>
    /// <param name="model">What to write.</param>
    /// <param name="dir">Where to.</param>
    /// <param name="maxShardBytes">Most bytes of tensors in a file.</param>
    public static void Save(DecoderModel model, string dir, long maxShardBytes = SafetensorsFolder.DefaultShardBytes)
    {
        var origin = model.Origin ?? new CheckpointOrigin("transformers 4.52",
            [new OriginFile("model", [.. model.Parameters.Names.Select(n => (n, n))])],
            [new ConfigDocument(ModelLayouts.ConfigName, null, model.WriteConfig())]);
        AtomicFolder.Write(dir, folder => Write(model, origin, folder, maxShardBytes));
    }

    /// <summary>
    /// SHA-256 of a folder's weights, as lower-case hex: of the one file, or of the list of files and their hashes. What the files hold is checked
    /// first: reading them takes long.
    /// </summary>
    /// <param name="dir">The folder.</param>
    /// <param name="hasher">Reads the files; null to read them here.</param>
    /// <exception cref="InvalidInputException">There are none, or they are not valid.</exception>
    public static string WeightsHash(string dir, InputHasher? hasher = null)
    {
        hasher ??= new InputHasher();
        var files = WeightFiles(dir);
        return files is [var only] && Path.GetFileName(only) == WeightsName
            ? hasher.OfFile(only)
            : ContentHash.OfText(string.Concat(files.Select(f => $"{Path.GetRelativePath(dir, f).Replace('\\', '/')} {hasher.OfFile(f)}\n")
                .Order(StringComparer.Ordinal)));
    }

    /// <summary>All files that make a folder's model what it is: configurations, then weights.</summary>
    /// <exception cref="InvalidInputException">Not a model of a family that is supported, or its weights are not valid.</exception>
    public static IReadOnlyList<string> Files(string dir)
    {
        using var plan = ModelLayouts.Open(dir, new LoadOptions(), toLoad: false);
        return [.. plan.Documents.Select(d => d.File!), .. WeightFiles(plan)];
    }

    /// <summary>All files that hold a folder's weights, sorted.</summary>
    /// <exception cref="InvalidInputException">Not a model of a family that is supported, or its weights are not valid.</exception>
    public static IReadOnlyList<string> WeightFiles(string dir)
    {
        using var plan = ModelLayouts.Open(dir, new LoadOptions(), toLoad: false);
        return [.. WeightFiles(plan)];
    }

    private static IEnumerable<string> WeightFiles(ModelPlan plan) =>
        plan.Parts.SelectMany(p => p.Source.Tensors.Values).Select(t => t.File).Concat(plan.Companions)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static void Write(DecoderModel model, CheckpointOrigin origin, string folder, long maxShardBytes)
    {
        foreach (var file in origin.Files)
        {
            var path = Path.Combine(folder, file.Stem);
            SafetensorsFolder.Write(Path.GetDirectoryName(path)!, file.Tensors.Select(t => SavedTensor.Of(t.Stored, model.Parameters[t.Parameter])),
                maxShardBytes, Path.GetFileName(path));
        }

        model.WriteCompanions(folder);
        foreach (var document in origin.Documents)
        {
            var json = document.Json.DeepClone().AsObject();
            NameType(json, model.Parameters.All.First().Value.dtype);
            if (document.Path == ModelLayouts.ConfigName)
            {
                model.CompleteConfig(json);
            }

            AtomicFile.WriteText(Path.Combine(folder, document.Path), json.ToJsonString(Indented) + "\n");
        }
    }

    /// <summary>Says in the configuration in which type the weights are, where it speaks of it.</summary>
    private static void NameType(JsonObject json, torch.ScalarType type)
    {
        foreach (var key in TypeKeys.Where(k => json[k] is not null))
        {
            json[key] = type switch
            {
                torch.ScalarType.BFloat16 => "bfloat16",
                torch.ScalarType.Float16 => "float16",
                _ => "float32",
            };
        }
    }
}

/// <summary>A vision tower on its own, with its parameters.</summary>
/// <param name="Tower">The tower.</param>
/// <param name="Parameters">Under their names in a LLaVA model of Transformers 4.52.</param>
public sealed record TowerModel(VisionTower Tower, ParameterSet Parameters) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();
}
