namespace Fovea.Verification.Checks;

/// <summary><c>|x - y| &lt;= Absolute + Relative * |y|</c>, y the reference.</summary>
internal readonly record struct Tolerance(double Absolute, double Relative)
{
    /// <summary>Compares values by index and returns the one that is worst relative to what is allowed there.</summary>
    public Difference Worst(int count, Func<int, double> actual, Func<int, double> expected, Func<int, string> name, Func<int, bool>? include = null)
    {
        var (worst, difference, allowed, at) = (-1d, 0d, Absolute, -1);
        for (var i = 0; i < count; i++)
        {
            if (include is not null && !include(i))
            {
                continue;
            }

            var (x, y) = (actual(i), expected(i));
            var gap = x.Equals(y) ? 0 : Math.Abs(x - y); // equal infinities have no gap
            var limit = Absolute + (Relative * Math.Abs(y));
            if (!double.IsFinite(gap) || !double.IsFinite(limit))
            {
                if (gap != 0)
                {
                    return new Difference(double.NaN, Absolute, $"{name(i)} is {x}, expected {y}");
                }

                continue;
            }

            var ratio = limit > 0 ? gap / limit : gap > 0 ? double.MaxValue : 0;
            if (ratio > worst)
            {
                (worst, difference, allowed, at) = (ratio, gap, limit, i);
            }
        }

        return new Difference(difference, allowed, at < 0 ? null : $"{name(at)} is {actual(at)}, expected {expected(at)}");
    }
}
