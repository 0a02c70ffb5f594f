using Fovea.Core.Text;

namespace Fovea.Pipeline.Workers;

/// <summary>
/// How long the rest of a plan will take, from stages of the same kind that were measured in this run, scaled by their work. Where a kind that
/// matters was not measured yet, there is no number: it says what it is waiting for.
/// </summary>
/// <param name="plan">All stages.</param>
public sealed class PlanEstimate(IReadOnlyList<StageSpec> plan)
{
    /// <summary>Kinds that make up less of the remaining work than this may go by the average of the others.</summary>
    private const double Negligible = 0.2;

    /// <summary>A running stage counts as measured from this share of its own steps on.</summary>
    private const double Enough = 0.15;

    private readonly Dictionary<string, (double Seconds, double Cost)> _measured = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (StageSpec Stage, double Seconds, double Share)> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private double _busy;

    /// <summary>Stages that are done.</summary>
    public int Finished => _done.Count;

    /// <summary>A running stage said how far it is.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="seconds">Since it began.</param>
    /// <param name="share">Of its work, in [0, 1].</param>
    public void Progressed(StageSpec stage, double seconds, double share) => _running[stage.Name] = (stage, seconds, share);

    /// <summary>A stage is done.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="seconds">It took.</param>
    /// <param name="worked">False where it was complete before: it tells nothing of how long such work takes.</param>
    public void Done(StageSpec stage, double seconds, bool worked)
    {
        _done.Add(stage.Name);
        _running.Remove(stage.Name);
        if (worked)
        {
            var (s, c) = _measured.GetValueOrDefault(stage.WorkKind);
            _measured[stage.WorkKind] = (s + seconds, c + (stage.Work ?? 0));
            _busy += seconds;
        }
    }

    /// <summary>Seconds until the end; or the kind of work that must be measured first.</summary>
    /// <param name="elapsed">Seconds since the run began.</param>
    public (double? Seconds, string? WaitingFor) Remaining(double elapsed)
    {
        var rates = _measured.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal);
        foreach (var (stage, seconds, share) in _running.Values.Where(r => r.Share >= Enough && !rates.ContainsKey(r.Stage.WorkKind)))
        {
            rates[stage.WorkKind] = (seconds, (stage.Work ?? 0) * share);
        }

        var left = plan.Where(s => !_done.Contains(s.Name)).ToArray();
        var unknown = left.Where(s => !rates.ContainsKey(s.WorkKind)).GroupBy(s => s.WorkKind).Select(g => (Kind: g.Key, Cost: g.Sum(s => s.Work ?? 0)))
            .OrderByDescending(g => g.Cost).ToArray();
        if (rates.Count == 0 || unknown.Sum(u => u.Cost) > Negligible * left.Sum(s => s.Work ?? 0))
        {
            return (null, unknown.Length > 0 ? unknown[0].Kind : null);
        }

        var average = rates.Values.Sum(r => r.Seconds) / Math.Max(1e-9, rates.Values.Sum(r => r.Cost));
        double RateOf(StageSpec s) => rates.TryGetValue(s.WorkKind, out var r) ? r.Seconds / Math.Max(1e-9, r.Cost) : average;
        var work = left.Sum(s => (s.Work ?? 0) * RateOf(s) * (1 - (_running.TryGetValue(s.Name, out var r) ? r.Share : 0)));
        var side = Math.Max(1, (_busy + _running.Values.Sum(r => r.Seconds)) / Math.Max(1e-9, elapsed));
        return (work / side, null);
    }

    /// <summary>The same in words.</summary>
    public string InWords(double elapsed) => Remaining(elapsed) switch
    {
        ({ } seconds, _) => $"ETA {Durations.InWords(seconds)}",
        (_, { } kind) => $"ETA after the first {kind} stage",
        _ => "no ETA yet",
    };
}
