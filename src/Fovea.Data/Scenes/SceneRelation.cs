namespace Fovea.Data.Scenes;

/// <summary>
/// "<paramref name="Subject"/> is <paramref name="Direction"/> (of) <paramref name="Other"/>"; the direction is one of <see cref="SceneWords.Directions"/>.
/// </summary>
public sealed record SceneRelation(SceneShape Subject, string Direction, SceneShape Other)
{
    /// <summary>Whether the relation holds in the scene: strictly less or greater row or column, both objects being there.</summary>
    public bool Holds(Scene scene) =>
        scene.Find(Subject) is { } subject && scene.Find(Other) is { } other && Directions(subject, other).Contains(Direction);

    /// <summary>The one or two directions in which <paramref name="subject"/> is seen from <paramref name="other"/>.</summary>
    internal static List<string> Directions(SceneObject subject, SceneObject other)
    {
        var directions = new List<string>(2);
        if (subject.Column != other.Column)
        {
            directions.Add(subject.Column < other.Column ? "left" : "right");
        }

        if (subject.Row != other.Row)
        {
            directions.Add(subject.Row < other.Row ? "above" : "below");
        }

        return directions;
    }

    internal static string Opposite(string direction) => direction switch
    {
        "left" => "right",
        "right" => "left",
        "above" => "below",
        "below" => "above",
        _ => throw new ArgumentOutOfRangeException(nameof(direction)),
    };

    /// <summary>"left of", but "above".</summary>
    internal static bool TakesOf(string direction) => direction is "left" or "right";

    internal static string Phrase(string direction) => TakesOf(direction) ? direction + " of" : direction;
}
