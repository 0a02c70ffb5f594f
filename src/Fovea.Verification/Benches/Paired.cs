namespace Fovea.Verification.Benches;

/// <summary>Work in turn with stretches of matrix products: its rate, each time, beside the mean of the stretches before and after it.</summary>
/// <param name="rates">Of the products.</param>
/// <param name="best">Also keeps the work's shortest time.</param>
/// <param name="gflop">Of the work.</param>
internal sealed class Paired(MatmulRates rates, Best best, double gflop)
{
    private readonly List<double> _shares = [];

    /// <summary>The median share of the products' rate.</summary>
    public double Median => _shares.Order().ElementAt(_shares.Count / 2);

    public void Time(int times, Action work)
    {
        var before = rates.Measure(best.About);
        for (var i = 0; i < times; i++)
        {
            var seconds = best.Time(work);
            var after = rates.Measure(best.About);
            _shares.Add(gflop / seconds / ((before + after) / 2));
            before = after;
        }
    }
}
