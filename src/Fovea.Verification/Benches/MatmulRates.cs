using System.Diagnostics;
using TorchSharp;

namespace Fovea.Verification.Benches;

/// <summary>
/// The machine's rate in products of 2048 x 2048 matrices, what shares are of, taken in between other work as means over stretches of time. On a machine whose
/// rate changes from second to second (processors shared with others) the best stretch of one thing and the best of another are of different machines; so each
/// piece of work is compared with the stretches just before and after it.
/// </summary>
internal sealed class MatmulRates : IDisposable
{
    private const int Side = 2048, FewestProducts = 4;
    private readonly torch.Tensor _long = torch.randn(Side, Side).DetachFromDisposeScope();
    private readonly torch.Tensor _short;

    public MatmulRates() => _short = _long.to(torch.ScalarType.BFloat16).DetachFromDisposeScope();

    /// <summary>Best rate so far, in GFLOP/s.</summary>
    public double F32 { get; private set; }

    /// <summary>Best rate so far, in GFLOP/s.</summary>
    public double BF16 { get; private set; }

    /// <summary>Rate of the best single product in bfloat16, in GFLOP/s.</summary>
    public double Peak { get; private set; }

    public double Ratio => BF16 / F32;

    /// <summary>Takes the bfloat16 rate again.</summary>
    /// <param name="seconds">About as long as the work that is compared with it.</param>
    /// <returns>In GFLOP/s.</returns>
    public double Measure(double seconds)
    {
        var (mean, best) = Rate(_short, seconds);
        (BF16, Peak) = (Math.Max(BF16, mean), Math.Max(Peak, best));
        return mean;
    }

    public void MeasureF32() => F32 = Math.Max(F32, Rate(_long, 0.5).Mean);

    public void Dispose()
    {
        _long.Dispose();
        _short.Dispose();
    }

    private static (double Mean, double Best) Rate(torch.Tensor x, double seconds)
    {
        const double Gflop = 2.0 * Side * Side * Side / 1e9;
        var (clock, best, count) = (Stopwatch.StartNew(), double.PositiveInfinity, 0);
        while (count < FewestProducts || clock.Elapsed.TotalSeconds < seconds)
        {
            var begin = clock.Elapsed.TotalSeconds;
            using var product = x.matmul(x);
            best = Math.Min(best, clock.Elapsed.TotalSeconds - begin);
            count++;
        }

        return (count * Gflop / clock.Elapsed.TotalSeconds, Gflop / best);
    }
}
