using Fovea.Core.Text;
using Fovea.Pipeline.Workers;

namespace Fovea.Pipeline.Plans;

/// <summary>One stage of an overview.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="State"><c>complete</c>, <c>begun</c>, <c>to do</c>, or <c>changed</c>.</param>
/// <param name="Obstacle">Why it cannot be continued; null where it can.</param>
/// <param name="Seconds">What it took; for one that is not complete, what it is expected to take by the rate of complete ones of its kind.
/// Null: not known.</param>
public sealed record StageOverview(StageSpec Stage, string State, string? Obstacle, double? Seconds);

/// <summary>What a plan would do: its graph, what of it is there, and the memory and time of the rest as far as they are known.</summary>
/// <param name="Stages">The stages in their order.</param>
/// <param name="NumWorkers">Stages side by side.</param>
public sealed record PlanOverview(IReadOnlyList<StageOverview> Stages, int NumWorkers)
{
    private const string Complete = "complete";

    private const double Mib = 1 << 20;

    /// <summary>Looks at the run's folder; starts nothing.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="root">The run's folder.</param>
    public static PlanOverview Of(Plan plan, string root)
    {
        var numWorkers = plan.NumWorkers > 0 ? plan.NumWorkers : Math.Max(1, Environment.ProcessorCount / plan.NumThreads);
        var states = PlanState.Of(plan, root);
        // By model and training length: seconds per forward pass of a sample through a parameter.
        var rates = states.Where(s => s is { IsComplete: true, Stage.Work: > 0, Before.Seconds: > 0 }).GroupBy(s => s.Stage.WorkKind)
            .ToDictionary(g => g.Key, g => g.Sum(s => s.Before!.Seconds) / g.Sum(s => s.Stage.Work!.Value), StringComparer.Ordinal);
        return new PlanOverview([.. states.Select(s =>
        {
            var obstacle = s.Obstacle(plan.NumThreads);
            return new StageOverview(s.Stage, obstacle is not null ? "changed" : s.IsComplete ? Complete : s.Before is not null ? "begun" : "to do", obstacle,
                s.IsComplete ? s.Before!.Seconds : rates.TryGetValue(s.Stage.WorkKind, out var rate) ? s.Stage.Work * rate : null);
        })], Math.Min(numWorkers, plan.Stages.Count));
    }

    /// <summary>Stages that are not complete.</summary>
    public IEnumerable<StageOverview> Left => Stages.Where(s => s.State != Complete);

    /// <summary>Bytes of the largest stages side by side, at least; null where no size is known.</summary>
    public double? Memory => Left.Select(s => s.Stage.Memory).OfType<double>().OrderDescending().Take(NumWorkers).ToArray() is { Length: > 0 } largest
        ? largest.Sum() : null;

    /// <summary>Seconds of the stages that are left, one after another, of those whose time is known; null where none is.</summary>
    public double? Seconds => Left.Select(s => s.Seconds).OfType<double>().ToArray() is { Length: > 0 } known ? known.Sum() : null;

    /// <summary>Kinds of work that are left and of which no stage is complete yet, so that their time is not known.</summary>
    public IReadOnlyList<string> Unmeasured => [.. Left.Where(s => s.Seconds is null).Select(s => s.Stage.WorkKind).Distinct()];

    /// <summary>For people: a line for each stage and what hinders it, then what is known of time and memory.</summary>
    public IEnumerable<string> Lines()
    {
        var width = Stages.Max(s => s.Stage.Name.Length);
        foreach (var (stage, state, obstacle, seconds) in Stages)
        {
            var facts = new[]
            {
                stage.Kind, state, seconds is { } s ? (state == Complete ? "" : "about ") + Durations.InWords(s) : null, stage.Memory is { } bytes
                    ? $"{bytes / Mib:0} MiB" : null,
            }.OfType<string>();
            yield return $"{stage.Name.PadRight(width)}  {string.Join(", ", facts)}{(stage.After.Count == 0 ? "" : $"  <- {string.Join(", ", stage.After)}")}";
            if (obstacle is not null)
            {
                yield return $"  {obstacle}";
            }
        }

        yield return "";
        yield return $"{TimeLeft()} Memory: "
            + (Memory is { } most ? $"at least {most / Mib:0} MiB for weights, gradients and moments with {NumWorkers} side by side; each stage plans its own "
                + $"exactly before it begins" : "no model's size is known yet") + ".";
        yield return "";
    }

    private string TimeLeft()
    {
        var left = Left.Count();
        return left == 0 ? "Nothing is left to do."
            : $"{left} of {Stages.Count} stage{(Stages.Count == 1 ? " is" : "s are")} left. Time: "
                + (Seconds is { } seconds ? $"about {Durations.InWords(seconds)} one after another, by the rates of this run's complete stages"
                    : "not known before a stage of each kind is complete")
                + (Seconds is not null && Unmeasured.Count > 0 ? $"; not counted: {string.Join(", ", Unmeasured)}, of which none is complete yet" : "") + ".";
    }

    /// <summary>All of it as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["stages"] = new JsonArray([.. Stages.Select(s => (JsonNode)new JsonObject
        {
            ["name"] = s.Stage.Name,
            ["kind"] = s.Stage.Kind,
            ["after"] = JsonSerializer.SerializeToNode(s.Stage.After),
            ["state"] = s.State.Replace(' ', '_'),
            ["obstacle"] = s.Obstacle,
            ["seconds"] = s.Seconds,
            ["memory_bytes"] = s.Stage.Memory,
            ["work"] = s.Stage.Work,
            ["config"] = s.Stage.Config.DeepClone(),
        })]),
        ["workers"] = NumWorkers,
        ["memory_bytes"] = Memory,
        ["seconds"] = Seconds,
        ["unmeasured"] = JsonSerializer.SerializeToNode(Unmeasured),
    };
}
