namespace Fovea.Models.Kernels;

/// <summary>The shape of an attention's heads.</summary>
/// <param name="Queries">Heads of queries.</param>
/// <param name="KeyValues">Heads of keys and of values; each serves Queries / KeyValues heads of queries.</param>
/// <param name="Dim">Width of a head.</param>
internal readonly record struct HeadShape(int Queries, int KeyValues, int Dim)
{
    public int All => Queries + (2 * KeyValues);

    public int Group => Queries / KeyValues;

    /// <summary>What attention multiplies scores by: 1 / sqrt(dim).</summary>
    public float Scale => 1f / MathF.Sqrt(Dim);
}
