using System.Diagnostics;

namespace Fovea.Cli.Benches;

/// <summary>The shortest time of several runs, which others are taken in between.</summary>
internal sealed class Best
{
    /// <summary>In seconds.</summary>
    public double Seconds { get; private set; } = double.PositiveInfinity;

    /// <summary>Runs <paramref name="work"/> once more.</summary>
    public void Time(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        Seconds = Math.Min(Seconds, clock.Elapsed.TotalSeconds);
    }
}
