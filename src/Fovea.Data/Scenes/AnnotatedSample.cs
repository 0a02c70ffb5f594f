namespace Fovea.Data.Scenes;

/// <summary>What a question asks for.</summary>
public enum SceneQuestionType
{
    /// <summary>The colour of a shape.</summary>
    Colour,

    /// <summary>The shape in a place.</summary>
    Shape,

    /// <summary>The number of objects.</summary>
    Count,

    /// <summary>Where one object is seen from another: yes or no, or one of two directions.</summary>
    Relation,

    /// <summary>Whether a shape is there; half of the questions about each shape have the answer no.</summary>
    Existence,

    /// <summary>Something that needs no image.</summary>
    TextOnly,

    /// <summary>A description, in a caption's form.</summary>
    Description,
}

/// <summary>
/// A question and its truth. <paramref name="Turn"/> is the answer's turn; <paramref name="Text"/> the question without the image tag;
/// <paramref name="Subject"/> the shape or place asked about, if any; <paramref name="Gold"/> the true answer's word and
/// <paramref name="Given"/> the word in the record's answer (both null for a description), which differ if <paramref name="WrongLabel"/>.
/// </summary>
public sealed record SceneQuestion(int Turn, SceneQuestionType Type, string Text, string? Subject, string? Gold, string? Given, bool WrongLabel);

/// <summary>
/// A sample with its ground truth. <paramref name="SceneIndex"/> is null for a record without an image; spans cover every non-blank character of
/// every assistant turn once, ascending; captions have no questions.
/// </summary>
public sealed record AnnotatedSample(Sample Sample, int? SceneIndex, IReadOnlyList<ClassSpan> Spans, IReadOnlyList<SceneQuestion> Questions);
