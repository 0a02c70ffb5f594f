using Fovea.Core.Configuration;
using Fovea.Models.Adapters;
using Fovea.Models.Families;

namespace Fovea.Pipeline.Stages;

/// <summary>A low-rank adapter to train in place of the model itself.</summary>
public sealed record LoraChoice
{
    private const string Weight = ".weight";

    /// <summary>Rank of each update; at least 1.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Numerator of the updates' scale; above 0.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Modules by the ends of their names, such as <c>q_proj</c>.</summary>
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>A regular expression over whole module names, in place of <see cref="Targets"/>.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Whether the scale is alpha / sqrt(rank) and not alpha / rank.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>An adapter in PEFT's form to continue training; its shape takes precedence over the keys above.</summary>
    [InputPath]
    public string? Adapter { get; init; }

    /// <summary>Whether <c>model/</c> is written with the adapter merged, beside <c>adapter/</c>.</summary>
    public bool Merge { get; init; } = true;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="Core.Errors.FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        OptionCheck.Require(Rank >= 1, "lora.rank", "at least 1", Rank);
        OptionCheck.Require(Alpha > 0 && double.IsFinite(Alpha), "lora.alpha", "above 0", Alpha);
    }

    /// <summary>Checks that a new adapter has something to attach to.</summary>
    /// <param name="parameters">Names of the model's parameters.</param>
    /// <exception cref="Core.Errors.FoveaException">No module has such a name.</exception>
    public void CheckNames(IEnumerable<string> parameters)
    {
        if (Adapter is null && !parameters.Any(p => p.EndsWith(Weight, StringComparison.Ordinal) && NewConfig(null).Targets(p[..^Weight.Length])))
        {
            throw new FoveaException($"'lora.{(TargetPattern is null ? "targets" : "target_pattern")}': no module of the model has such a "
                + $"name: {TargetPattern ?? string.Join(", ", Targets)}");
        }
    }

    /// <summary>Makes or reads the adapter and attaches it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="seed">Of a new adapter.</param>
    /// <param name="baseModel">The model's folder, which a new adapter names as its base; null for a preset.</param>
    public LoraAdapter AttachTo(DecoderModel model, long seed, string? baseModel)
    {
        var adapter = Adapter is { } folder
            ? LoraAdapter.Load(folder, model)
            : LoraAdapter.Create(model, NewConfig(baseModel), seed);
        adapter.AttachTo(model);
        return adapter;
    }

    private LoraConfig NewConfig(string? baseModel) =>
        new() { Rank = Rank, Alpha = Alpha, TargetModules = Targets, TargetPattern = TargetPattern, RankStabilized = RankStabilized, BaseModel = baseModel };
}
