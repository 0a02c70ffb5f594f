using Fovea.Core.Randomness;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Parameters;

/// <summary>How a new parameter is filled: a constant plus normal noise.</summary>
/// <param name="Constant">The mean.</param>
/// <param name="Std">Standard deviation of the noise.</param>
/// <param name="IsLookup">Whether rows belong to tokens or places (embeddings and the head): they keep their standard deviation whatever the fan-in.</param>
internal readonly record struct Initial(float Constant, double Std, bool IsLookup = false)
{
    public static Initial Zero => new(0, 0);

    public static Initial One => new(1, 0);

    public static Initial Normal(double std) => new(0, std);

    public static Initial Lookup(double std) => new(0, std, IsLookup: true);
}

/// <summary>Name, shape and initial values of a parameter.</summary>
internal sealed record ParameterSpec(string Name, long[] Shape, Initial Initial)
{
    /// <summary>Number of scalars.</summary>
    public long NumElements => Shape.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>
    /// The same parameter with noise by fan-in where it is a linear map or convolution <c>[out, in, ...]</c>: a standard deviation of 1 / sqrt(in),
    /// which keeps the variance of unit inputs (LeCun et al., Efficient BackProp, 1998). Lookups, biases and norms are unchanged.
    /// </summary>
    public ParameterSpec ByFanIn() => Initial.Std > 0 && !Initial.IsLookup && Shape.Length > 1
        ? this with { Initial = Initial.Normal(1 / Math.Sqrt(NumElements / (double)Shape[0])) }
        : this;

    /// <summary>Draws the parameter, in the processor's memory, from a stream of its own, so that its values depend only on seed, name and shape.</summary>
    public torch.Tensor Draw(long seed)
    {
        if (Initial.Std <= 0)
        {
            return TensorBytes.Generate(Shape, () => Initial.Constant);
        }

        var (initial, random) = (Initial, new RandomSource(seed, "init/" + Name));
        return TensorBytes.Generate(Shape, () => (float)(initial.Constant + (initial.Std * random.NextGaussian())));
    }
}
