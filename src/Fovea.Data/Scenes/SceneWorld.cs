using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

/// <summary>Draws scenes, captions and dialogues, each by (seed, split, index) alone.</summary>
public static class SceneWorld
{
    /// <summary>Rows and columns of the grid.</summary>
    public const int Grid = 3;

    /// <summary>Side of a cell in pixels.</summary>
    public const int CellPixels = 10;

    /// <summary>Side of an image in pixels.</summary>
    public const int ImagePixels = Grid * CellPixels;

    /// <summary>File name of the captions, and the source of their samples.</summary>
    public const string CaptionsFile = "captions.json";

    /// <summary>File name of the dialogues, and the source of their samples.</summary>
    public const string DialoguesFile = "dialogues.json";

    /// <summary>The colour that <see cref="SceneSpec.Bias"/> favours for a shape.</summary>
    public static SceneColour Favourite(SceneShape shape) => (SceneColour)(int)shape;

    /// <summary>The shape that <see cref="SceneSpec.Bias"/> puts beside a shape: circle and square, triangle and cross, ring and bar.</summary>
    public static SceneShape Partner(SceneShape shape) => (SceneShape)((int)shape ^ 1);

    /// <summary>Name of a scene's image, relative to the corpus folder: "images/000012.png".</summary>
    public static string ImageName(int index) => FormattableString.Invariant($"images/{index:D6}.png");

    /// <summary>The scene of an index.</summary>
    public static Scene Scene(SceneSpec spec, int index)
    {
        var random = Stream(spec, index);
        var count = spec.MinObjects + random.Next(spec.MaxObjects - spec.MinObjects + 1);
        var background = random.Pick(Enum.GetValues<SceneBackground>());
        var texture = (long)(random.NextBits() >> 1);
        var cells = random.Permutation(Grid * Grid);
        var shapes = DrawShapes(spec, random, count);
        var objects = new SceneObject[count];
        for (var i = 0; i < count; i++)
        {
            var colour = DrawColour(spec, random, shapes[i]);
            var size = random.Pick(Enum.GetValues<SceneSize>());
            objects[i] = new SceneObject(shapes[i], colour, size, cells[i] / Grid, cells[i] % Grid);
        }

        return new Scene(index, background, [.. objects.OrderBy(o => (o.Row * Grid) + o.Column)], texture);
    }

    /// <summary>All scenes of the spec, one at a time.</summary>
    public static IEnumerable<Scene> Scenes(SceneSpec spec)
    {
        spec.Validated();
        return Enumerable.Range(0, spec.NumScenes).Select(i => Scene(spec, i));
    }

    /// <summary>The caption record of an index: one exchange, "&lt;image&gt;" and the caption.</summary>
    public static AnnotatedSample Caption(SceneSpec spec, int index) =>
        CaptionRecord.Draw(spec, Scene(spec, index), part => Stream(spec, index, "/caption" + part));

    /// <summary>The dialogue record of an index; at <see cref="SceneSpec.TextOnlyRecordRate"/> one without an image.</summary>
    public static AnnotatedSample Dialogue(SceneSpec spec, int index) =>
        new DialogueRecord(spec, Scene(spec, index), part => Stream(spec, index, "/dialogue" + part)).Draw();

    private static RandomSource Stream(SceneSpec spec, int index, string part = "") => new(spec.Seed, $"scenes/{spec.Split}{part}", index);

    private static List<SceneShape> DrawShapes(SceneSpec spec, RandomSource random, int count)
    {
        var free = spec.Shapes.ToList();
        var drawn = new List<SceneShape>(count);
        while (drawn.Count < count)
        {
            var paired = drawn.Count % 2 == 1 && !spec.Conflict && random.Chance(spec.Bias);
            var shape = paired && free.Contains(Partner(drawn[^1])) ? Partner(drawn[^1]) : random.Pick(Choices(spec, free, drawn));
            drawn.Add(shape);
            free.Remove(shape);
        }

        return drawn;
    }

    private static List<SceneShape> Choices(SceneSpec spec, List<SceneShape> free, List<SceneShape> drawn)
    {
        if (!spec.Conflict)
        {
            return free;
        }

        var strangers = free.Where(s => !drawn.Contains(Partner(s))).ToList();
        return strangers.Count > 0 ? strangers : free;
    }

    private static SceneColour DrawColour(SceneSpec spec, RandomSource random, SceneShape shape)
    {
        var favourite = Favourite(shape);
        var colours = Enum.GetValues<SceneColour>();
        if (spec.Conflict)
        {
            return random.Pick([.. colours.Where(c => c != favourite)]);
        }

        return random.Chance(spec.Bias) ? favourite : random.Pick(colours);
    }
}
