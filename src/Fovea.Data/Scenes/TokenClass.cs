namespace Fovea.Data.Scenes;

/// <summary>
/// What a word of a scene text carries. Words of an answer that only repeat its question carry nothing: they are <see cref="Filler"/>, whatever they name.
/// </summary>
public enum TokenClass
{
    /// <summary>A colour of an object that only the image tells.</summary>
    Colour,

    /// <summary>A place in the grid (two words, row and column) or a direction (left, right, above, below).</summary>
    Position,

    /// <summary>The name of a shape.</summary>
    Shape,

    /// <summary>Small or large.</summary>
    Size,

    /// <summary>The word for the background.</summary>
    Background,

    /// <summary>A number of objects.</summary>
    Count,

    /// <summary>Function words, punctuation, and words that repeat the question.</summary>
    Filler,

    /// <summary>Sentences that follow from their first word, and the fixed words around a noise phrase.</summary>
    Boilerplate,

    /// <summary>Names and dates: neither image nor text tells them.</summary>
    Noise,

    /// <summary>Yes or no.</summary>
    Answer,

    /// <summary>The word that answers a question which needs no image.</summary>
    TextOnly,

    /// <summary>
    /// A word that follows the language prior against the image: a favourite colour of an object that has another, an absent partner
    /// and its colour, the "yes" to one.
    /// </summary>
    PriorFollowing,

    /// <summary>The word of an answer that is wrong by chance (<see cref="SceneSpec.WrongLabelRate"/>).</summary>
    WrongLabel,
}

/// <summary>Characters <c>[Start, End)</c> of the text of turn <paramref name="Turn"/> (index into the sample's turns) and what they carry.</summary>
public readonly record struct ClassSpan(int Turn, int Start, int End, TokenClass Class);
