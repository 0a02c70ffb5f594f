using Fovea.Core.Randomness;

namespace Fovea.Data.Scenes;

/// <summary>Where a text follows the language prior against its image. From a stream of its own: the rates leave the rest of the text as it is.</summary>
internal sealed class PriorText(SceneSpec spec, Scene scene, RandomSource random)
{
    /// <summary>The favourite colour in which the text says that an object is; null: it says what is there.</summary>
    public SceneColour? Colour(SceneObject o)
    {
        var favourite = SceneWorld.Favourite(o.Shape);
        return random.Chance(spec.PriorColourRate) && o.Colour != favourite ? favourite : null;
    }

    /// <summary>The object after which the text names the partner that is not there; null: it names none.</summary>
    public SceneObject? Widowed()
    {
        SceneObject[] alone = [.. scene.Objects.Where(o => IsMissed(SceneWorld.Partner(o.Shape)))];
        return random.Chance(spec.PriorPartnerRate) && alone.Length > 0 ? random.Pick(alone) : null;
    }

    /// <summary>Whether the text says that an absent shape is there, because its partner is.</summary>
    public bool Claims(SceneShape shape) => random.Chance(spec.PriorPartnerRate) && IsMissed(shape);

    private bool IsMissed(SceneShape shape) =>
        spec.Shapes.Contains(shape) && scene.Find(shape) is null && scene.Find(SceneWorld.Partner(shape)) is not null;
}
