namespace Fovea.Data.Scenes;

/// <summary>The shapes of the world. A scene never holds the same one twice.</summary>
public enum SceneShape
{
    /// <summary>A filled disc.</summary>
    Circle,

    /// <summary>A filled square.</summary>
    Square,

    /// <summary>A filled triangle, tip up.</summary>
    Triangle,

    /// <summary>An upright plus sign.</summary>
    Cross,

    /// <summary>A disc with a hole.</summary>
    Ring,

    /// <summary>A flat bar, two and a half times as wide as high.</summary>
    Bar,
}

/// <summary>The colours of objects.</summary>
public enum SceneColour
{
    /// <summary>Red.</summary>
    Red,

    /// <summary>Green.</summary>
    Green,

    /// <summary>Blue.</summary>
    Blue,

    /// <summary>Yellow.</summary>
    Yellow,

    /// <summary>Purple.</summary>
    Purple,

    /// <summary>Pink.</summary>
    Pink,
}

/// <summary>The sizes of objects.</summary>
public enum SceneSize
{
    /// <summary>Just over half a cell.</summary>
    Small,

    /// <summary>Most of a cell.</summary>
    Large,
}

/// <summary>The backgrounds; none has an object's colour.</summary>
public enum SceneBackground
{
    /// <summary>Navy.</summary>
    Navy,

    /// <summary>Grey.</summary>
    Grey,

    /// <summary>Black.</summary>
    Black,

    /// <summary>Brown.</summary>
    Brown,
}

/// <summary>One object, alone in its cell. <paramref name="Row"/> counts from the top, <paramref name="Column"/> from the left, both from 0.</summary>
public sealed record SceneObject(SceneShape Shape, SceneColour Colour, SceneSize Size, int Row, int Column);

/// <summary>
/// The ground truth of one image. <paramref name="Objects"/> stand in reading order (by row, then column);
/// <paramref name="TextureSeed"/> fixes the pixel noise and small shifts, so that a scene has one picture.
/// </summary>
public sealed record Scene(int Index, SceneBackground Background, IReadOnlyList<SceneObject> Objects, long TextureSeed)
{
    /// <summary>The object of that shape, or null.</summary>
    public SceneObject? Find(SceneShape shape) => Objects.FirstOrDefault(o => o.Shape == shape);
}
