namespace Fovea.Data.Scenes;

/// <summary>What a text says of one object; null where it does not say. Row and column count from 0.</summary>
public sealed record MentionedObject(SceneShape Shape, SceneColour? Colour, SceneSize? Size, int? Row, int? Column)
{
    /// <summary>Whether the scene holds an object of which all that is said is true.</summary>
    public bool IsTrueOf(Scene scene) =>
        scene.Find(Shape) is { } o && (Colour ?? o.Colour) == o.Colour && (Size ?? o.Size) == o.Size && (Row ?? o.Row) == o.Row
            && (Column ?? o.Column) == o.Column;
}

/// <summary>
/// What a text says of an image. <paramref name="Mentions"/> holds every mention in order; <paramref name="Objects"/> one entry a
/// shape, in order of first mention, with the first colour, size and place said of it.
/// </summary>
public sealed record ParsedCaption(
    IReadOnlyList<MentionedObject> Mentions,
    IReadOnlyList<MentionedObject> Objects,
    IReadOnlyList<SceneRelation> Relations,
    SceneBackground? Background,
    int? Count);
