using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>Rotary position embedding (arXiv 2104.09864) and how its frequencies are scaled.</summary>
public sealed record RopeConfig
{
    /// <summary>Base of the frequencies.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary><c>default</c>, <c>linear</c> (positions divided by <see cref="Factor"/>) or <c>llama3</c> (low frequencies divided by it).</summary>
    public string Type { get; init; } = "default";

    /// <summary>How many times longer the sequences become.</summary>
    public double Factor { get; init; } = 1;

    /// <summary><c>llama3</c>: wavelengths longer than the original length over this are scaled fully.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary><c>llama3</c>: wavelengths shorter than the original length over this are not scaled.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary><c>llama3</c>: sequence length before scaling, in tokens.</summary>
    public int OriginalMaxPositions { get; init; } = 8192;

    /// <summary>Reads <c>rope_parameters</c> (Transformers 5) or <c>rope_theta</c> with <c>rope_scaling</c> (Transformers 4).</summary>
    internal static RopeConfig Read(ForeignJson text)
    {
        var (parameters, older) = (text.OptionalObject("rope_parameters"), text.OptionalObject("rope_scaling"));
        if (parameters is not null && older is not null && !JsonElement.DeepEquals(parameters.Element, older.Element))
        {
            throw text.Error("rope_scaling", "differs from rope_parameters; keep one of them");
        }

        var scaling = parameters ?? older;
        var rope = new RopeConfig { Theta = text.Number("rope_theta", 10000) };
        if (scaling is not { } s)
        {
            return rope;
        }

        if (s.ObjectKeys().FirstOrDefault() is { } perLayer)
        {
            throw s.Error(perLayer, "rotary parameters that differ between layers are not supported");
        }

        s.Allow(ModelKeys.Rope);
        older?.Allow(ModelKeys.Rope);
        var type = s.OptionalText("rope_type") ?? s.Text("type", "default");
        if (type is not ("default" or "linear" or "llama3"))
        {
            throw s.Error("rope_type", $"'{type}' is not supported; expected default, linear or llama3");
        }

        if (s.Has("mrope_section"))
        {
            throw s.Error("mrope_section", "is not supported; expected heads turned by one position");
        }

        return new RopeConfig
        {
            Theta = s.Number("rope_theta", rope.Theta),
            Type = type,
            Factor = s.Number("factor", 1) is var factor && factor > 0 ? factor : throw s.Error("factor", "expected more than 0"),
            LowFrequencyFactor = s.Number("low_freq_factor", 1),
            HighFrequencyFactor = s.Number("high_freq_factor", 4),
            OriginalMaxPositions = s.WholeNumber("original_max_position_embeddings", 8192, most: int.MaxValue),
        };
    }

    /// <summary>Writes <c>rope_theta</c> and <c>rope_scaling</c>, as Transformers 4 does.</summary>
    internal void Write(JsonObject text)
    {
        text["rope_theta"] = Theta;
        text["rope_scaling"] = Type switch
        {
            "default" => null,
            "linear" => new JsonObject { ["rope_type"] = Type, ["factor"] = Factor },
            _ => new JsonObject
            {
                ["rope_type"] = Type,
                ["factor"] = Factor,
                ["low_freq_factor"] = LowFrequencyFactor,
                ["high_freq_factor"] = HighFrequencyFactor,
                ["original_max_position_embeddings"] = OriginalMaxPositions,
            },
        };
    }
}
