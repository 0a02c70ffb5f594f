using Fovea.Core.Randomness;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Parameters;

/// <summary>How a new parameter is filled: a constant plus normal noise.</summary>
internal readonly record struct Initial(float Constant, double Std)
{
    public static Initial Zero => new(0, 0);

    public static Initial One => new(1, 0);

    public static Initial Normal(double std) => new(0, std);
}

/// <summary>Name, shape and initial values of a parameter.</summary>
internal sealed record ParameterSpec(string Name, long[] Shape, Initial Initial)
{
    /// <summary>Number of scalars.</summary>
    public long NumElements => Shape.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>Draws the parameter from a stream of its own, so that its values depend only on seed, name and shape.</summary>
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
