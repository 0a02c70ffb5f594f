using System.Text.Json.Serialization;
using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Scoring.Proxies;
using Fovea.Training.Options;

namespace Fovea.Cli.Story;

/// <summary>The configuration of <c>fovea run</c>: one corpus, and which experiments to run on it.</summary>
internal sealed record RunConfig
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

        if (Prior.Folds is 1 or < 0)
        {
            throw new InvalidInputException(file, null, $"'prior.folds': expected 0 (one reference for all) or at least 2, got {Prior.Folds}");
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
internal enum ModelFamily
{
    /// <summary>Vision tower, projector, decoder (LLaVA's form).</summary>
    H,

    /// <summary>One decoder over linear patch embeddings (SOLO's form).</summary>
    U,
}

/// <summary>How much of the built-in world, and of what kind.</summary>
internal sealed record ScenesData
{
    /// <summary>Scenes whose texts train the text LMs.</summary>
    public required int NumTextScenes { get; init; }

    /// <summary>Scenes with captions for pre-training.</summary>
    public required int NumTrainScenes { get; init; }

    /// <summary>Scenes with dialogues for tuning.</summary>
    public int NumDialogueScenes { get; init; }

    /// <summary>Scenes that no model sees in training.</summary>
    public required int NumHeldOutScenes { get; init; }

    /// <summary>Scenes whose attributes contradict the bias.</summary>
    public int NumConflictScenes { get; init; }

    /// <summary>Probability that a shape takes its favourite colour and company.</summary>
    public double Bias { get; init; } = 0.3;

    /// <summary>Rate of captions with an irreducible phrase.</summary>
    public double NoiseRate { get; init; } = 0.2;

    /// <summary>Rate of captions with a boilerplate sentence.</summary>
    public double BoilerplateRate { get; init; } = 0.4;

    /// <summary>Rate of wrong answers in the training dialogues.</summary>
    public double WrongLabelRate { get; init; } = 0.05;

    /// <summary>Rate of dialogues without an image.</summary>
    public double TextOnlyRecordRate { get; init; } = 0.1;

    /// <summary>Questions of one dialogue.</summary>
    public int QuestionsPerDialogue { get; init; } = 3;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        RunConfig.Range("scenes.num_text_scenes", NumTextScenes, 1, int.MaxValue);
        RunConfig.Range("scenes.num_train_scenes", NumTrainScenes, 1, int.MaxValue);
        RunConfig.Range("scenes.num_dialogue_scenes", NumDialogueScenes, 0, int.MaxValue);
        RunConfig.Range("scenes.num_held_out_scenes", NumHeldOutScenes, 1, int.MaxValue);
        RunConfig.Range("scenes.num_conflict_scenes", NumConflictScenes, 0, int.MaxValue);
        RunConfig.Range("scenes.questions_per_dialogue", QuestionsPerDialogue, 1, int.MaxValue);
        foreach (var (key, rate) in new[] { ("bias", Bias), ("noise_rate", NoiseRate), ("boilerplate_rate", BoilerplateRate), ("wrong_label_rate", WrongLabelRate), ("text_only_record_rate", TextOnlyRecordRate) })
        {
            RunConfig.Range("scenes." + key, rate, 0, 1);
        }
    }
}

/// <summary>Photographs with captions in COCO's form.</summary>
internal sealed record PhotographsData
{
    /// <summary>COCO captions JSON.</summary>
    public required string Captions { get; init; }

    /// <summary>Folder of the photographs.</summary>
    public required string Images { get; init; }

    /// <summary>Whether a symbolic link may lead out of that folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FollowLinks { get; init; }

    /// <summary>Folder with <c>tokenizer.json</c>.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>The first so many photographs train.</summary>
    public required int NumTrain { get; init; }

    /// <summary>The next so many are only looked at.</summary>
    public required int NumHeldOut { get; init; }

    /// <summary>Side of the model's input, in pixels.</summary>
    public int ImageSize { get; init; } = 98;

    /// <summary>Side of a patch, in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary>A word must occur this often to be listed.</summary>
    public int MinWordCount { get; init; } = 8;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        RunConfig.Range("photographs.num_train", NumTrain, 1, int.MaxValue);
        RunConfig.Range("photographs.num_held_out", NumHeldOut, 1, int.MaxValue);
        RunConfig.Range("photographs.patch_size", PatchSize, 1, int.MaxValue);
        RunConfig.Range("photographs.image_size", ImageSize, PatchSize, int.MaxValue);
        RunConfig.Range("photographs.min_word_count", MinWordCount, 1, int.MaxValue);
    }
}

/// <summary>How PRIOR weighs tokens.</summary>
internal sealed record PriorPlan
{
    /// <summary>Exponent of 1 - p_ref; 1 in the paper.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>With k of 2 or more, each sample is scored by a reference that saw neither it nor its image; 0: one reference for all.</summary>
    public int Folds { get; init; }

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        RunConfig.Range("prior.alpha", Alpha, 0, double.MaxValue);
        RunConfig.Range("prior.folds", Folds, 0, int.MaxValue);
    }
}

/// <summary>How VIG scores and selects.</summary>
internal sealed record VigPlan
{
    /// <summary>Per cent of the samples kept; 70 in the paper.</summary>
    public decimal P { get; init; } = 70;

    /// <summary>Which visionless condition selects: a proxy's name such as <c>blur@7.5</c>, <c>none</c>, or <c>text_only_reference</c>.</summary>
    public string SelectBy { get; init; } = "blur@7.5";

    /// <summary>Visionless proxies that are scored.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = ["blur@1.875", "blur@3.75", "blur@7.5", "none"];

    /// <summary>Mask each answer's end token like any other, as the paper's letter says.</summary>
    public bool StrictPaper { get; init; }

    /// <summary>Checks ranges and names.</summary>
    /// <exception cref="FoveaException">The first value that is out of range, by its key.</exception>
    public void Validate()
    {
        if (P is <= 0 or > 100)
        {
            throw new FoveaException(FormattableString.Invariant($"'vig.p': expected above 0 and at most 100, got {P}"));
        }

        foreach (var proxy in SelectBy == Conditions.TextOnlyReference ? Proxies : Proxies.Append(SelectBy))
        {
            VisionlessProxy.Parse(proxy);
        }
    }
}
