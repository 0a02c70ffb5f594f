namespace Fovea.Training.Optimization;

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine.</summary>
    Cosine,

    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>The rate does not fall.</summary>
    Constant,

    /// <summary>Warm-up, stable, decay (arXiv 2404.06395): constant, then a fall over the last steps.</summary>
    Wsd,
}

/// <summary>The fall at the end of <see cref="ScheduleKind.Wsd"/>.</summary>
public enum DecayShape
{
    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>Half a cosine.</summary>
    Cosine,

    /// <summary>1 - sqrt of the share of the fall (arXiv 2405.18392).</summary>
    OneMinusSqrt,
}

/// <summary>
/// Learning rates by step, as Transformers' <c>get_cosine_schedule_with_warmup</c>, <c>get_linear_schedule_with_warmup</c>,
/// <c>get_constant_schedule_with_warmup</c> and <c>get_wsd_schedule</c> give them: the warm-up rises linearly from 0, so that the first update has rate 0.
/// With a least ratio r the fall goes from 1 to r instead of 0: r + (1 - r) * factor.
/// </summary>
/// <param name="Kind">The fall.</param>
/// <param name="Peak">Rate at the end of the warm-up.</param>
/// <param name="TotalSteps">Steps of the run.</param>
/// <param name="WarmupSteps">Steps of the warm-up.</param>
/// <param name="MinRatio">Rate at the end as a share of <paramref name="Peak"/>; a constant schedule has no use for it.</param>
/// <param name="DecaySteps">Steps of the fall of <see cref="ScheduleKind.Wsd"/>, the last ones of the run.</param>
/// <param name="Shape">Of that fall.</param>
public sealed record Schedule(
    ScheduleKind Kind, double Peak, long TotalSteps, long WarmupSteps = 0, double MinRatio = 0, long DecaySteps = 0, DecayShape Shape = DecayShape.Linear)
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
            ScheduleKind.Cosine => Lift(HalfCosine((step - WarmupSteps) / fallSteps)),
            ScheduleKind.Linear => Lift((TotalSteps - step) / fallSteps),
            ScheduleKind.Wsd => step < TotalSteps - DecaySteps
                ? 1 : Lift(Decay(Math.Min(1, (step - (TotalSteps - DecaySteps)) / (double)Math.Max(1, DecaySteps)))),
            _ => 1,
        };
    }

    private double Decay(double share) => Shape switch
    {
        DecayShape.Cosine => HalfCosine(share),
        DecayShape.OneMinusSqrt => 1 - Math.Sqrt(share),
        _ => 1 - share,
    };

    private static double HalfCosine(double share) => 0.5 * (1 + Math.Cos(Math.PI * share));

    private double Lift(double factor) => MinRatio + ((1 - MinRatio) * Math.Max(0, factor));
}
