namespace Fovea.Training.State;

/// <summary>Recent losses as a running mean and variance, to tell a spike. Part of the state that resuming restores.</summary>
/// <param name="Count">Losses seen.</param>
/// <param name="Mean">Exponentially weighted, in nats.</param>
/// <param name="Variance">Likewise.</param>
internal sealed record LossWatch(long Count = 0, double Mean = 0, double Variance = 0)
{
    private const double Share = 0.02;
    private const int WarmupCount = 20;
    private const double Deviations = 6, LeastRatio = 1.2;

    /// <summary>Whether a loss is more than six deviations, and a fifth, above the recent mean.</summary>
    public bool IsSpike(double loss) => Count >= WarmupCount && loss > Mean * LeastRatio && loss > Mean + (Deviations * Math.Sqrt(Variance));

    /// <summary>These losses and one more.</summary>
    public LossWatch Add(double loss)
    {
        var share = Math.Max(Share, 1.0 / (Count + 1));
        var delta = loss - Mean;
        return new LossWatch(Count + 1, Mean + (share * delta), (1 - share) * (Variance + (share * delta * delta)));
    }
}
