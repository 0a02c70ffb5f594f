using Fovea.Core.Randomness;
using Fovea.Models.Checkpoints;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Parameters;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Adapters;

/// <summary>
/// A low-rank adapter (LoRA, arXiv 2106.09685): for each targeted linear map a pair A <c>[rank, in]</c>, B <c>[out, rank]</c>.
/// Its parameters are its own, under PEFT's names, so that they are trained and saved apart from the model's.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private const string ConfigName = "adapter_config.json", WeightsName = "adapter_model.safetensors", OldWeightsName = "adapter_model.bin", BesideName =
        "non_lora_trainables.bin";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly string[] _modules;

    private LoraAdapter(LoraConfig config, IEnumerable<string> modules, ParameterSet parameters)
    {
        Config = config;
        _modules = [.. modules];
        Parameters = parameters;
    }

    /// <summary>Its shape.</summary>
    public LoraConfig Config { get; }

    /// <summary>A and B of every module: <c>base_model.model.MODULE.lora_A.weight</c> and <c>.lora_B.weight</c>, modules as in Transformers 4.52.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Names of the modules with an update.</summary>
    public IReadOnlyList<string> Modules => _modules;

    /// <summary>A new adapter as PEFT begins: A uniform in +-1/sqrt(in), B zero, so that it changes nothing yet.</summary>
    /// <param name="model">For whose maps.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">Of A's values; each module draws from a stream of its own.</param>
    /// <exception cref="FoveaException">No linear map is targeted.</exception>
    public static LoraAdapter Create(DecoderModel model, LoraConfig config, long seed)
    {
        var maps = model.Linears.Where(m => config.Targets(m.Name)).ToList();
        if (maps.Count == 0)
        {
            throw new FoveaException($"target_modules: {config.TargetPattern ?? string.Join(", ", config.TargetModules)}: no linear map of {model.Family} "
                + $"has such a name");
        }

        var parameters = new ParameterSet();
        foreach (var map in maps)
        {
            var (rows, columns) = (map.Weight.shape[0], map.Weight.shape[1]);
            var random = new RandomSource(seed, "lora/" + map.Name);
            var bound = 1 / Math.Sqrt(columns);
            using var down = TensorBytes.Generate([config.Rank, columns], () => (float)(bound * ((2 * random.NextDouble()) - 1)));
            parameters.Add(LoraNames.Down(map.Name), down.alias().to(model.Decoder.Device));
            parameters.Add(LoraNames.Up(map.Name), torch.zeros([rows, config.Rank], torch.ScalarType.Float32, model.Decoder.Device));
        }

        return new LoraAdapter(config, maps.Select(m => m.Name), parameters);
    }

    /// <summary>
    /// The files that decide what an adapter's folder holds: its configuration and its weights, in safetensors or, as old versions wrote them, <c>.bin</c>.
    /// </summary>
    /// <exception cref="InvalidInputException">One is missing.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        var (config, weights, old) = (Path.Combine(folder, ConfigName), Path.Combine(folder, WeightsName), Path.Combine(folder, OldWeightsName));
        return !File.Exists(config) ? throw new InvalidInputException(config, null, "not found; expected the folder of a LoRA adapter in PEFT's form")
            : File.Exists(weights) ? [config, weights]
            : File.Exists(old) ? [config, old]
            : throw new InvalidInputException(weights, null, $"not found, nor {OldWeightsName}; expected the folder of a LoRA adapter in PEFT's form");
    }

    /// <summary>
    /// Reads an adapter that PEFT or <see cref="Save"/> wrote; parameters become float32. A part of the model (decoder, tower, projector)
    /// of which the file adapts nothing stays as it is, though <c>target_modules</c> may name maps in it too, as PEFT has it; within a part every
    /// map that is targeted must be there.
    /// </summary>
    /// <param name="folder">With <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, or <c>.bin</c> as old versions wrote.</param>
    /// <param name="model">For whose maps; names of every layout of its family are understood.</param>
    /// <exception cref="InvalidInputException">Not such a folder, or tensors that do not fit the model (all are listed).</exception>
    public static LoraAdapter Load(string folder, DecoderModel model)
    {
        var files = Files(folder);
        var config = LoraConfig.Read(files[0]);
        var beside = Path.Combine(folder, BesideName);
        if (File.Exists(beside))
        {
            throw new InvalidInputException(beside, null,
                "weights that LLaVA trained beside the adapter (its projector) are not supported; merge adapter and projector into the base model first "
                    + "(LLaVA's scripts/merge_lora_weights.py)");
        }

        using var source = TensorSources.Open(files[1]);
        var names = source.Tensors.Keys.ToDictionary(n => LoraNames.Canonical(n, model), StringComparer.Ordinal);
        var maps = model.Linears.Where(m => names.ContainsKey(LoraNames.Down(m.Name)) || names.ContainsKey(LoraNames.Up(m.Name))).ToList();
        List<ParameterSpec> specs = [.. maps.SelectMany(m => Specs(m, config))];
        var adapted = maps.Select(m => PartOf(m.Name)).ToHashSet(StringComparer.Ordinal);
        if (config.TargetPattern is null)
        {
            var targeted = model.Linears.Where(m => config.Targets(m.Name) && (adapted.Count == 0 || adapted.Contains(PartOf(m.Name))));
            specs.AddRange(targeted.Where(m => !maps.Contains(m)).SelectMany(m => Specs(m, config)));
        }

        var part = new CheckpointPart(source, "adapter_model", n => LoraNames.Canonical(n, model));
        var parameters = new ParameterReader([part], specs, null, $"the base model and {ConfigName}").Read(new LoadOptions { Device = model.Decoder.Device });
        return new LoraAdapter(config, maps.Select(m => m.Name), parameters);
    }

    /// <summary>Writes the adapter in PEFT's form.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="model">The model it belongs to: its checkpoint's layout gives the modules' names.</param>
    public void Save(string folder, DecoderModel model)
    {
        SafetensorsFile.Write(Path.Combine(folder, WeightsName), Parameters.All.Select(p => KeyValuePair.Create(LoraNames.Stored(p.Key, model), p.Value)));
        AtomicFile.WriteText(Path.Combine(folder, ConfigName), Config.Write().ToJsonString(Indented) + "\n");
    }

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();

    /// <summary>Adds the adapter to the linear maps that it was made for. The model's own parameters do not change.</summary>
    /// <exception cref="FoveaException">One is attached already, or the adapter does not fit this model.</exception>
    public void AttachTo(DecoderModel model)
    {
        if (model.AdaptedModules.Count > 0)
        {
            throw new FoveaException("an adapter is attached already; detach or merge it first");
        }

        var maps = model.Linears.ToDictionary(m => m.Name, StringComparer.Ordinal);
        foreach (var module in _modules)
        {
            var up = Parameters[LoraNames.Up(module)];
            if (!maps.TryGetValue(module, out var map) || map.Weight.shape[0] != up.shape[0]
                || map.Weight.shape[1] != Parameters[LoraNames.Down(module)].shape[1])
            {
                throw new FoveaException($"the adapter's {module} does not fit this model; expected the model it was made for");
            }
        }

        foreach (var module in _modules)
        {
            maps[module].Adapter = new LowRankUpdate(Parameters[LoraNames.Down(module)], Parameters[LoraNames.Up(module)], Config.Scale);
        }
    }

    private static string PartOf(string module) => module.StartsWith(LlavaModel.TowerPrefix, StringComparison.Ordinal) ? LlavaModel.TowerPrefix
        : module.StartsWith(LlavaModel.ProjectorPrefix, StringComparison.Ordinal) ? LlavaModel.ProjectorPrefix
        : "";

    private static IEnumerable<ParameterSpec> Specs(Linear map, LoraConfig config) =>
    [
        new ParameterSpec(LoraNames.Down(map.Name), [config.Rank, map.Weight.shape[1]], Initial.Zero),
        new ParameterSpec(LoraNames.Up(map.Name), [map.Weight.shape[0], config.Rank], Initial.Zero),
    ];
}
