using Fovea.Models.Generation;
using Fovea.Models.Guidance;

namespace Fovea.Pipeline.Prompting;

/// <summary>How to generate, as a command line asks for it; what is null was not given.</summary>
public sealed record GenerationRequest
{
    /// <summary>Most new ids.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>Texts that end the answer.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Above 1: ids that occurred become less likely.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Scores are divided by it before ids are drawn; 0: nothing is drawn.</summary>
    public double? Temperature { get; init; }

    /// <summary>Draw among so many.</summary>
    public int? TopK { get; init; }

    /// <summary>Draw among the best that have this probability together.</summary>
    public double? TopP { get; init; }

    /// <summary>Seed of the draws; 1 where it is null.</summary>
    public long? Seed { get; init; }

    /// <summary>Search with so many beams.</summary>
    public int? NumBeams { get; init; }

    /// <summary>Exponent of the length by which a beam's score is divided; 1 where it is null.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Decoding method.</summary>
    public DecodingMethod? Method { get; init; }

    /// <summary>The options of the generator: ids are drawn where anything about drawing was asked for.</summary>
    /// <exception cref="UsageException">Two of them contradict each other.</exception>
    public GenerationOptions ToOptions()
    {
        var narrows = TopK is not null || TopP is not null;
        if (Temperature == 0 && narrows)
        {
            throw new UsageException("--temperature 0 is greedy: leave --top-k and --top-p out, or give a temperature above 0");
        }

        if (NumBeams is null && LengthPenalty is not null)
        {
            throw new UsageException("--length-penalty has no effect without beams; give --num-beams too");
        }

        return new GenerationOptions
        {
            MaxNewTokens = MaxNewTokens,
            StopStrings = StopStrings,
            RepetitionPenalty = RepetitionPenalty,
            Method = Method,
            Sampling = (Temperature is null ? narrows : Temperature != 0)
                ? new SamplingOptions { Temperature = Temperature ?? 1, TopK = TopK, TopP = TopP ?? 1, Seed = Seed ?? 1 } : null,
            Beams = NumBeams is { } beams ? new BeamOptions { NumBeams = beams, LengthPenalty = LengthPenalty ?? 1 } : null,
        };
    }
}
