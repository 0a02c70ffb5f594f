using Fovea.Core.Errors;
using Fovea.Training.Options;

namespace Fovea.Pipeline.Plans;

/// <summary>The configuration of <c>fovea run</c>: one corpus, and which experiments to run on it.</summary>
public sealed record RunConfig
{
    /// <summary>Title of the run.</summary>
    public required string Name { get; init; }

    /// <summary>Each seed draws its own world and its own initial weights.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1];

    /// <summary>Worker processes side by side; 0 means one for each <see cref="NumThreads"/> processors.</summary>
    public int NumWorkers { get; init; }

    /// <summary>Threads of one operation in a worker.</summary>
    public int NumThreads { get; init; } = 1;

    /// <summary>The built-in world; or else <see cref="Photographs"/>.</summary>
    public ScenesData? Scenes { get; init; }

    /// <summary>Photographs with captions; or else <see cref="Scenes"/>.</summary>
    public PhotographsData? Photographs { get; init; }

    /// <summary>Which models: <c>h</c> (with a visual encoder), <c>u</c> (without).</summary>
    public IReadOnlyList<ModelFamily> Families { get; init; } = [ModelFamily.H, ModelFamily.U];

    /// <summary>The text LMs that the models' decoders start from.</summary>
    public required TrainingOptions TextLm { get; init; }

    /// <summary>PRIOR's text-only reference.</summary>
    public required TrainingOptions Reference { get; init; }

    /// <summary>Pre-training on captions: tower, projector and decoder together.</summary>
    public required TrainingOptions Pretrain { get; init; }

    /// <summary>Tuning on dialogues, tower frozen; absent: no tuning arms.</summary>
    public TrainingOptions? Tune { get; init; }

    /// <summary>How PRIOR weighs.</summary>
    public PriorPlan Prior { get; init; } = new();

    /// <summary>How VIG scores and selects.</summary>
    public VigPlan Vig { get; init; } = new();

    /// <summary>Whether PRIOR's arms are trained; without, only the aligned models are.</summary>
    public bool ComparePrior { get; init; } = true;

    /// <summary>Most new tokens of a generated caption.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Refuses combinations that mean nothing.</summary>
    /// <exception cref="FoveaException">One line, naming the key.</exception>
    public void Validate(string file)
    {
        if ((Scenes is null) == (Photographs is null))
        {
            throw new InvalidInputException(file, null, "expected exactly one of 'scenes' and 'photographs'");
        }

        if (Seeds.Count == 0 || Seeds.Distinct().Count() != Seeds.Count)
        {
            throw new InvalidInputException(file, null, "'seeds': expected at least one, each of them once");
        }

        if (Families.Count == 0 || Families.Distinct().Count() != Families.Count)
        {
            throw new InvalidInputException(file, null, "'families': expected h, u or both, each of them once");
        }

        if (Tune is not null && !Families.Contains(ModelFamily.H))
        {
            throw new InvalidInputException(file, null, "'tune': the tuning arms start from the h model; add \"h\" to 'families'");
        }

        foreach (var (key, value, low) in new[] { ("num_threads", NumThreads, 1), ("num_workers", NumWorkers, 0), ("max_new_tokens", MaxNewTokens, 1) })
        {
            if (value < low)
            {
                throw new InvalidInputException(file, null, $"'{key}': expected at least {low}, got {value}");
            }
        }

        ValidateOptions(file);
    }

    /// <summary>Checks the options of all stages, so that none of them fails after others have run for hours.</summary>
    private void ValidateOptions(string file)
    {
        try
        {
            TextLm.Validate("text_lm");
            Reference.Validate("reference");
            Pretrain.Validate("pretrain");
            Tune?.Validate("tune");
            Scenes?.Validate();
            Photographs?.Validate();
            Prior.Validate();
            Vig.Validate();
        }
        catch (FoveaException e) when (e is not InvalidInputException)
        {
            throw new InvalidInputException(file, null, e.Message, e);
        }
    }

    /// <summary>Refuses a number outside its range, by its key.</summary>
    internal static void Range(string key, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
        {
            throw new FoveaException(FormattableString.Invariant($"'{key}': expected {(high < int.MaxValue ? FormattableString.Invariant($"{low} to {high}") : FormattableString.Invariant($"at least {low}"))}, got {value}"));
        }
    }
}

/// <summary>Which kind of model.</summary>
public enum ModelFamily
{
    /// <summary>Vision tower, projector, decoder (LLaVA's form).</summary>
    H,

    /// <summary>One decoder over linear patch embeddings (SOLO's form).</summary>
    U,
}
