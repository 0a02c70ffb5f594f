using Fovea.Core.Errors;

namespace Fovea.Pipeline.Plans;

/// <summary>How much of the built-in world, and of what kind.</summary>
public sealed record ScenesData
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
