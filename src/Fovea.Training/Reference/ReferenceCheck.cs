namespace Fovea.Training.Reference;

/// <summary>One comparison with a reference value.</summary>
/// <param name="What">What was compared, such as <c>loss 3</c> or a parameter's name.</param>
/// <param name="Distance">Absolute difference, the largest of a tensor's.</param>
/// <param name="Tolerance">Largest difference that the reference allows.</param>
public sealed record ReferenceCheck(string What, double Distance, double Tolerance)
{
    /// <summary>Whether the difference is within the tolerance; not so if it is not a number.</summary>
    public bool Holds => Distance <= Tolerance;
}
