namespace Fovea.Training.Optimization;

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine.</summary>
    Cosine,

    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>It does not.</summary>
    Constant,
}

/// <summary>
/// Learning rates by step, as Transformers' <c>get_cosine_schedule_with_warmup</c>, <c>get_linear_schedule_with_warmup</c> and
/// <c>get_constant_schedule_with_warmup</c> give them: the warm-up rises linearly from 0, so that the first update has rate 0.
/// With a least ratio r the fall goes from 1 to r instead of 0: r + (1 - r) * factor.
/// </summary>
/// <param name="Kind">The fall.</param>
/// <param name="Peak">Rate at the end of the warm-up.</param>
/// <param name="TotalSteps">Steps of the run.</param>
/// <param name="WarmupSteps">Steps of the warm-up.</param>
/// <param name="MinRatio">Rate at the end as a share of <paramref name="Peak"/>; a constant schedule has no use for it.</param>
public sealed record Schedule(ScheduleKind Kind, double Peak, long TotalSteps, long WarmupSteps = 0, double MinRatio = 0)
{
    /// <summary>The rate of the update of <paramref name="step"/>, counted from 0.</summary>
    public double Rate(long step) => Peak * Factor(step);

    private double Factor(long step)
    {
        if (step < WarmupSteps)
        {
            return step / (double)Math.Max(1, WarmupSteps);
        }

        var fallSteps = (double)Math.Max(1, TotalSteps - WarmupSteps);
        return Kind switch
        {
            ScheduleKind.Cosine => Lift(0.5 * (1 + Math.Cos(Math.PI * ((step - WarmupSteps) / fallSteps)))),
            ScheduleKind.Linear => Lift((TotalSteps - step) / fallSteps),
            _ => 1,
        };
    }

    private double Lift(double factor) => MinRatio + ((1 - MinRatio) * Math.Max(0, factor));
}
