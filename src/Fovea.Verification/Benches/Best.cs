using System.Diagnostics;

namespace Fovea.Verification.Benches;

/// <summary>
/// The shortest time of work that is run several times, others taken in between. Work of several parts counts each part's shortest time, so that a
/// moment in which the machine was busy elsewhere spoils one part and not the whole.
/// </summary>
internal sealed class Best
{
    private readonly Dictionary<int, double> _parts = [];

    public double Seconds => _parts.Count == 0 ? double.PositiveInfinity : _parts.Values.Sum();

    /// <summary>In seconds, a guess before the first time.</summary>
    public double About => _parts.Count == 0 ? 1 : Seconds;

    public double Time(Action work) => Time(0, work);

    /// <summary>Runs a part once more. Returns how long it took, in seconds.</summary>
    public double Time(int part, Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        var seconds = clock.Elapsed.TotalSeconds;
        _parts[part] = Math.Min(_parts.GetValueOrDefault(part, double.PositiveInfinity), seconds);
        return seconds;
    }
}
