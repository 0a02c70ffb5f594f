using TorchSharp;
using static TorchSharp.torch;

namespace Fovea.Torch;

#pragma warning disable RS0030 // The one place that makes scalars.

/// <summary>
/// Arithmetic of tensors and numbers, and the sums for which TorchSharp makes a number of its own. TorchSharp 0.107 hands a number to native code as a
/// <see cref="Scalar"/> that nothing keeps alive during the call: a garbage collection at that moment frees it while it is read. Here each is held until
/// the call has returned. What makes scalars elsewhere does not build (<c>BannedSymbols.txt</c>, docs/decisions/0004).
/// </summary>
/// <remarks>Integers stay integers: a tensor of ids plus a <see cref="long"/> is a tensor of ids.</remarks>
public static class TensorNumbers
{
    // Held by the class, so never freed.
    private static readonly Scalar One = 1.ToScalar();
    private static readonly Scalar Two = 2.ToScalar();

    /// <summary>x + y, which TorchSharp computes as x + 1 * y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, double number) => Held(number, held => x.add(held, One));

    /// <summary>x - number, of integers too.</summary>
    public static Tensor Minus(this Tensor x, long number) => Held(number, x.sub);

    /// <summary>x * number.</summary>
    public static Tensor Times(this Tensor x, double number) => Held(number, x.mul);

    /// <summary>x / number.</summary>
    public static Tensor Over(this Tensor x, double number) => Held(number, held => x.div(held));

    /// <summary>x^2.</summary>
    public static Tensor Squared(this Tensor x) => x.pow(Two);

    /// <summary>x += y; gives x.</summary>
    public static Tensor AddInPlace(this Tensor x, Tensor y) => x.add_(y, One);

    /// <summary>x += number; gives x.</summary>
    public static Tensor AddInPlace(this Tensor x, double number) => Held(number, held => x.add_(held, One));

    /// <summary>x *= number; gives x.</summary>
    public static Tensor MultiplyInPlace(this Tensor x, double number) => Held(number, x.mul_);

    /// <summary>x += y * z; gives x.</summary>
    public static Tensor AddProductInPlace(this Tensor x, Tensor y, Tensor z) => x.addcmul_(y, z, One);

    /// <summary>Adds rows at places along an axis; gives x.</summary>
    public static Tensor AddAtInPlace(this Tensor x, long axis, Tensor places, Tensor rows) => x.index_add_(axis, places, rows, One);

    /// <summary>x with a number where the mask is true.</summary>
    public static Tensor Masked(this Tensor x, Tensor mask, double number) => Held(number, held => x.masked_fill(mask, held));

    /// <summary>Sets x to a number where the mask is true; gives x.</summary>
    public static Tensor MaskInPlace(this Tensor x, Tensor mask, double number) => Held(number, held => x.masked_fill_(mask, held));

    /// <summary>Integers x with another where the mask is true.</summary>
    public static Tensor Masked(this Tensor x, Tensor mask, long number) => Held(number, held => x.masked_fill(mask, held));

    /// <summary>Where integers are a number.</summary>
    public static Tensor IsNumber(this Tensor x, long number) => Held(number, x.eq);

    /// <summary>Where x is less than 0; not where it is minus zero.</summary>
    public static Tensor IsNegative(this Tensor x) => Held(0L, x.lt);

    /// <summary>The numbers from <paramref name="first"/> up to, and without, <paramref name="end"/>: int64 unless another type is given.</summary>
    public static Tensor Range(long first, long end, long step = 1, ScalarType type = ScalarType.Int64, Device? device = null)
    {
        using Scalar from = first.ToScalar(), to = end.ToScalar(), by = step.ToScalar();
        return arange(from, to, by, type, device);
    }

    /// <summary>One integer everywhere.</summary>
    public static Tensor Full(long[] shape, long number, ScalarType type, Device? device = null) => Held(number, held => full(shape, held, type, device));

    /// <summary>The only element, as a double.</summary>
    public static double ToNumber(this Tensor x)
    {
        using var held = x.ToScalar();
        return held.ToDouble();
    }

    private static Tensor Held(double number, Func<Scalar, Tensor> call)
    {
        using var held = number.ToScalar();
        return call(held);
    }

    private static Tensor Held(long number, Func<Scalar, Tensor> call)
    {
        using var held = number.ToScalar();
        return call(held);
    }
}
