using Fovea.Models.Checkpoints;
using Fovea.Models.Families;

namespace Fovea.Models.Adapters;

/// <summary>Names of an adapter's parameters: those of PEFT, with modules as in Transformers 4.52.</summary>
internal static class LoraNames
{
    private const string Before = "base_model.model.";

    /// <summary>Name of A.</summary>
    public static string Down(string module) => $"{Before}{module}.lora_A.weight";

    /// <summary>Name of B.</summary>
    public static string Up(string module) => $"{Before}{module}.lora_B.weight";

    /// <summary>The name here of one in a file, whatever the layout of its base model; PEFT in memory adds the adapter's name, <c>default</c>.</summary>
    public static string Canonical(string stored, DecoderModel model)
    {
        var name = stored.Replace(".lora_A.default.", ".lora_A.", StringComparison.Ordinal).Replace(".lora_B.default.", ".lora_B.", StringComparison.Ordinal);
        if (!name.StartsWith(Before, StringComparison.Ordinal) || model is not LlavaModel)
        {
            return name;
        }

        var bare = name[Before.Length..];
        var canonical = bare.StartsWith("model.layers.", StringComparison.Ordinal) || bare.StartsWith("model.mm_projector.", StringComparison.Ordinal)
            ? LlavaNames.Original(bare)
            : LlavaNames.Canonical(bare);
        return Before + (canonical ?? bare);
    }

    /// <summary>The name under which PEFT looks for a parameter of a model in this layout.</summary>
    public static string Stored(string name, DecoderModel model) =>
        model.Origin is { Layout: var layout } && layout.StartsWith("original", StringComparison.Ordinal)
        ? name.Replace(Before + LlavaModel.TextPrefix, Before + "model.", StringComparison.Ordinal)
        : name;
}
