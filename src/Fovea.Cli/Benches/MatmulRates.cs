using System.Diagnostics;
using TorchSharp;

namespace Fovea.Cli.Benches;

/// <summary>
/// The machine's rate in products of 2048 x 2048 matrices, taken in between other work: what shares are of. A rate is the mean over a stretch of time, the best stretch counts, and stretches are
/// about as long as the work that is compared with them. On a machine whose rate changes within a tenth of a second (processors shared with others), the best single product tells of a
/// moment that no work of a second can hold; a stretch as long as the work meets the same chances.
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

    /// <summary>How many times faster bfloat16 is.</summary>
    public double Ratio => BF16 / F32;

    /// <summary>Takes both rates again.</summary>
    /// <param name="seconds">Of the work that is compared with the bfloat16 rate; float32 takes half as long.</param>
    public void Measure(double seconds)
    {
        F32 = Math.Max(F32, Rate(_long, seconds / 2).Mean);
        var (mean, best) = Rate(_short, seconds);
        (BF16, Peak) = (Math.Max(BF16, mean), Math.Max(Peak, best));
    }

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
