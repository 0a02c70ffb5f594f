using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Files;
using Fovea.Core.Provenance;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Parameters;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>A model as a folder: <c>config.json</c> and <c>model.safetensors</c>, written under the names of Transformers 4.52 and read under those of 4 and 5.</summary>
public static class ModelFolder
{
    private const string ConfigName = "config.json";
    private const string WeightsName = "model.safetensors";
    private const int MostListed = 20;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Loads a llama, mistral, qwen2, LLaVA or SOLO model; parameters become float32.</summary>
    /// <param name="dir">The folder.</param>
    /// <param name="device">Where to; null for the CPU.</param>
    /// <param name="visionTokenIds">SOLO: ids of its image tokens; null to take them from the folder.</param>
    /// <exception cref="InvalidInputException">The configuration is not supported, or tensors are missing, unexpected or misshapen (all are listed).</exception>
    public static VisionLanguageModel Load(string dir, torch.Device? device = null, VisionTokenIds? visionTokenIds = null)
    {
        var json = ForeignJson.Read(Path.Combine(dir, ConfigName));
        var weights = Path.Combine(dir, WeightsName);
        if (json.Text("model_type", "") == "llava")
        {
            var config = LlavaConfig.Read(json);
            return new LlavaModel(config, ReadParameters(weights, LlavaModel.Specs(config), device, LlavaNames.Canonical));
        }

        if (json.Texts("architectures").Contains("SoloForCausalLM") || json.Has("vision_patch_size"))
        {
            var config = SoloConfig.Read(json, visionTokenIds);
            return new SoloModel(config, ReadParameters(weights, SoloModel.Specs(config), device));
        }

        if (!json.Has("model_type"))
        {
            throw json.Error("model_type", "missing; expected llama, mistral, qwen2 or llava");
        }

        var text = DecoderConfig.Read(json);
        return new TextModel(text, ReadParameters(weights, TextModel.Specs(text), device));
    }

    /// <summary>Writes configuration and weights; each file is whole or absent. Tokenizer files are the caller's to copy.</summary>
    public static void Save(VisionLanguageModel model, string dir)
    {
        if (model is not DecoderModel whole)
        {
            throw new NotSupportedException($"{model.Family}: not a model that can be saved");
        }

        SafetensorsFile.Write(Path.Combine(dir, WeightsName), model.Parameters.All);
        AtomicFile.WriteText(Path.Combine(dir, ConfigName), whole.WriteConfig().ToJsonString(Indented) + "\n");
    }

    /// <summary>SHA-256 of a folder's weights, as lower-case hex.</summary>
    /// <exception cref="InvalidInputException">There are none.</exception>
    public static string WeightsHash(string dir)
    {
        var path = Path.Combine(dir, WeightsName);
        return File.Exists(path) ? ContentHash.OfFile(path) : throw new InvalidInputException(path, null, "not found; expected a model's weights");
    }

    /// <summary>Reads the parameters that a configuration asks for; names and shapes must agree exactly.</summary>
    /// <param name="weights">The safetensors file.</param>
    /// <param name="specs">What is asked for.</param>
    /// <param name="device">Where to; null for the CPU.</param>
    /// <param name="canonical">From the file's names to those asked for; null where they are the same.</param>
    internal static ParameterSet ReadParameters(
        string weights, IEnumerable<ParameterSpec> specs, torch.Device? device = null, Func<string, string>? canonical = null)
    {
        using var file = SafetensorsFile.Open(weights);
        var wanted = specs.ToList();
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (var entry in file.Entries.Values)
        {
            var name = canonical?.Invoke(entry.Name) ?? entry.Name;
            if (!entries.TryAdd(name, entry))
            {
                throw new InvalidInputException(weights, null, $"{entry.Name} and {entries[name].Name} are the same parameter; expected one of them");
            }
        }

        Check(weights, entries, wanted);
        var parameters = new ParameterSet();
        try
        {
            foreach (var spec in wanted)
            {
                using var scope = torch.NewDisposeScope();
                parameters.Add(spec.Name, file.Read(entries[spec.Name].Name).to(torch.ScalarType.Float32).to(device ?? torch.CPU));
            }
        }
        catch
        {
            parameters.Dispose();
            throw;
        }

        return parameters;
    }

    private static void Check(string weights, Dictionary<string, SafetensorsEntry> entries, List<ParameterSpec> wanted)
    {
        var problems = new List<string>();
        foreach (var spec in wanted)
        {
            if (!entries.TryGetValue(spec.Name, out var entry))
            {
                problems.Add($"missing {spec.Name} [{string.Join(", ", spec.Shape)}]");
            }
            else if (!entry.Shape.AsSpan().SequenceEqual(spec.Shape))
            {
                problems.Add($"{spec.Name} is [{string.Join(", ", entry.Shape)}], expected [{string.Join(", ", spec.Shape)}]");
            }
            else if (entry.Type is not (torch.ScalarType.Float32 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 or torch.ScalarType.Float64))
            {
                problems.Add($"{spec.Name} is of type {entry.Type}, expected a floating-point type");
            }
        }

        var known = wanted.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        problems.AddRange(entries.Keys.Where(n => !known.Contains(n)).Order(StringComparer.Ordinal).Select(n => $"unexpected {n}"));
        if (problems.Count > 0)
        {
            var rest = problems.Count > MostListed ? $"; and {problems.Count - MostListed} more" : "";
            throw new InvalidInputException(weights, null,
                $"{problems.Count} tensors do not fit config.json: {string.Join("; ", problems.Take(MostListed))}{rest}");
        }
    }
}
