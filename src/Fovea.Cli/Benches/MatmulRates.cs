using System.Diagnostics;
using TorchSharp;

namespace Fovea.Cli.Benches;

/// <summary>The machine's rate in products of 2048 x 2048 matrices, taken in between other work and kept at its best: what shares are of.</summary>
internal sealed class MatmulRates : IDisposable
{
    private const int Side = 2048, Repetitions = 4;
    private readonly torch.Tensor _long = torch.randn(Side, Side).DetachFromDisposeScope();
    private readonly torch.Tensor _short;

    public MatmulRates() => _short = _long.to(torch.ScalarType.BFloat16).DetachFromDisposeScope();

    /// <summary>Best rate so far, in GFLOP/s.</summary>
    public double F32 { get; private set; }

    /// <summary>Best rate so far, in GFLOP/s.</summary>
    public double BF16 { get; private set; }

    /// <summary>How many times faster bfloat16 is.</summary>
    public double Ratio => BF16 / F32;

    /// <summary>Takes both rates again.</summary>
    public void Measure()
    {
        F32 = Math.Max(F32, Rate(_long));
        BF16 = Math.Max(BF16, Rate(_short));
    }

    public void Dispose()
    {
        _long.Dispose();
        _short.Dispose();
    }

    private static double Rate(torch.Tensor x)
    {
        var best = double.MaxValue;
        for (var i = 0; i < Repetitions; i++)
        {
            var clock = Stopwatch.StartNew();
            using var product = x.matmul(x);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return 2.0 * Side * Side * Side / best / 1e9;
    }
}
