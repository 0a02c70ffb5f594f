using System.Text.Json.Serialization;

namespace Fovea.Data.Scenes;

/// <summary>
/// The knobs of the procedural world. Scene, caption and dialogue of an index are drawn from separate streams of
/// (<see cref="Seed"/>, <see cref="Split"/>, index), so that a text knob leaves the pictures as they are.
/// </summary>
public sealed record SceneSpec
{
    /// <summary>Seed of every draw. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Name of the split (lower-case letters, digits, '-', '_'; at most 40): another split holds other scenes. Default "train".</summary>
    public string Split { get; init; } = "train";

    /// <summary>Number of scenes, 1 to 1,000,000. Default 1000.</summary>
    public int NumScenes { get; init; } = 1000;

    /// <summary>Fewest objects in a scene, 1 to <see cref="MaxObjects"/>. Default 1.</summary>
    public int MinObjects { get; init; } = 1;

    /// <summary>Most objects in a scene, at most 5, so that some shape is always absent. Default 3.</summary>
    public int MaxObjects { get; init; } = 3;

    /// <summary>
    /// Probability, for each object, that its colour is its shape's favourite, and for the second (fourth) object, that its shape is
    /// the first's (third's) partner; otherwise the draw is uniform over all colours (all shapes not yet there). So a shape is in its favourite colour
    /// at rate b + (1 - b) / 6. Default 0.
    /// </summary>
    public double Bias { get; init; }

    /// <summary>
    /// Makes a conflict set: no object has its shape's favourite colour, and partners never meet while another shape is free; <see cref="Bias"/> is
    /// then ignored. Default false.
    /// </summary>
    public bool Conflict { get; init; }

    /// <summary>Rate of captions (and descriptions) that carry irreducible noise: a name and a date. Default 0.2.</summary>
    public double NoiseRate { get; init; } = 0.2;

    /// <summary>Number of noise phrases, of two noise words each, in such a caption, 1 to 4. Default 1.</summary>
    public int NoisePhrases { get; init; } = 1;

    /// <summary>Rate of captions (and descriptions) that end in a boilerplate sentence. Default 0.5.</summary>
    public double BoilerplateRate { get; init; } = 0.5;

    /// <summary>
    /// Of the objects that are not in their shape's favourite colour, the share of which a caption, description or answer says that they
    /// are: text that follows the language prior against the image. Default 0.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double PriorColourRate { get; init; }

    /// <summary>
    /// Where the partner of an object is not in the scene, the rate of captions and descriptions that name it all the same, in its favourite
    /// colour, right after the object; and of questions whether it is there that are answered yes. Default 0.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double PriorPartnerRate { get; init; }

    /// <summary>Whether captions are written. Default true.</summary>
    public bool WithCaptions { get; init; } = true;

    /// <summary>Whether dialogues are written. Default true.</summary>
    public bool WithDialogues { get; init; } = true;

    /// <summary>Questions in a dialogue, 1 to 12. Default 4.</summary>
    public int QuestionsPerDialogue { get; init; } = 4;

    /// <summary>Rate of wrong answers to colour, shape, count, relation and existence questions. Default 0.</summary>
    public double WrongLabelRate { get; init; }

    /// <summary>Rate of dialogues that have no image and ask only what needs none; they take the place of the scene's dialogue. Default 0.1.</summary>
    public double TextOnlyRecordRate { get; init; } = 0.1;

    /// <summary>
    /// Share of the questions about an image that need none; they are also asked where the image has nothing more to ask.
    /// Null (default): they are one of the kinds of questions, as likely as the others.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TextOnlyQuestionRate { get; init; }

    /// <summary>
    /// Number of shapes in use, <see cref="MaxObjects"/> + 1 to 6, in this order: circle, square, triangle, cross, ring, bar. Null (default): all six.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? NumShapes { get; init; }

    /// <summary>
    /// How far pictures stray from the plain ones, 0 to 1. At 1 an object is moved by up to 2 pixels, is up to 15 % wider or narrower and higher
    /// or lower, and each channel of its colour is changed by up to 30 of 255; evenly distributed. Default 0.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Jitter { get; init; }

    internal IReadOnlyList<SceneShape> Shapes => [.. Enum.GetValues<SceneShape>().Take(NumShapes ?? int.MaxValue)];

    /// <summary>Checks all knobs and gives the spec back.</summary>
    /// <exception cref="FoveaException">A knob is out of range; the message names it, its range and its value.</exception>
    public SceneSpec Validated()
    {
        Require(Split is { Length: >= 1 and <= 40 } && Split.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'),
            "split", "1 to 40 lower-case letters, digits, '-' or '_'", Split);
        Require(NumScenes is >= 1 and <= 1_000_000, "num_scenes", "1 to 1000000", NumScenes);
        Require(MaxObjects is >= 1 and <= 5, "max_objects", "1 to 5", MaxObjects);
        Require(MinObjects >= 1 && MinObjects <= MaxObjects, "min_objects", "1 to max_objects", MinObjects);
        RequireRate("bias", Bias);
        RequireRate("noise_rate", NoiseRate);
        Require(NoisePhrases is >= 1 and <= 4, "noise_phrases", "1 to 4", NoisePhrases);
        RequireRate("boilerplate_rate", BoilerplateRate);
        Require(QuestionsPerDialogue is >= 1 and <= 12, "questions_per_dialogue", "1 to 12", QuestionsPerDialogue);
        RequireRate("wrong_label_rate", WrongLabelRate);
        RequireRate("text_only_record_rate", TextOnlyRecordRate);
        RequireRate("prior_colour_rate", PriorColourRate);
        RequireRate("prior_partner_rate", PriorPartnerRate);
        RequireRate("text_only_question_rate", TextOnlyQuestionRate ?? 0);
        Require(NumShapes is null || (NumShapes > MaxObjects && NumShapes <= SceneWords.Shapes.Count), "num_shapes",
            $"max_objects + 1 to {SceneWords.Shapes.Count}", NumShapes);
        RequireRate("jitter", Jitter);
        Require(WithCaptions || WithDialogues, "with_captions", "true, or with_dialogues true", WithCaptions);
        return this;
    }

    private static void RequireRate(string knob, double value) => Require(value is >= 0 and <= 1, knob, "0 to 1", value);

    private static void Require(bool holds, string knob, string range, object? value)
    {
        if (!holds)
        {
            throw new FoveaException(FormattableString.Invariant($"scene spec: {knob} must be {range}, got {value ?? "null"}"));
        }
    }
}
