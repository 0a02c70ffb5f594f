namespace Fovea.Evaluation.Scaling;

/// <summary>
/// Both methods' laws in one fit: log loss = log(e^e + e^(a - alpha x) + e^(b - beta y)), where x and y are log N and log D about their means; E is shared,
/// and the method's indicator adds to a, alpha, b and beta. Least Huber loss of the residuals of log loss, by Levenberg and Marquardt's
/// steps with Huber's weights, from many starts.
/// </summary>
internal sealed class JointFit
{
    private const int Count = 9, MaxSteps = 120;
    private const double Smallest = 1e-13, LargestDamping = 1e12;
    private readonly double _delta;
    private readonly double[] _x, _y, _log;
    private readonly bool[] _isMethod;

    /// <summary>Prepares points.</summary>
    /// <param name="points">log N and log D about their means, whether it is the method, log loss.</param>
    /// <param name="delta">Residuals of log loss beyond this count by their size, not by its square.</param>
    public JointFit(IReadOnlyList<(double X, double Y, bool IsMethod, double LogLoss)> points, double delta)
    {
        _delta = delta;
        (_x, _y) = ([.. points.Select(p => p.X)], [.. points.Select(p => p.Y)]);
        (_isMethod, _log) = ([.. points.Select(p => p.IsMethod)], [.. points.Select(p => p.LogLoss)]);
    }

    /// <summary>Parameters in the order e, a, alpha, b, beta, and the method's additions to a, alpha, b, beta.</summary>
    public sealed record Solution(double[] Theta, double Loss);

    /// <summary>Starts that cover shares of the loss that no size removes, and exponents.</summary>
    public IEnumerable<double[]> Starts()
    {
        var middle = Math.Exp(_log.Average());
        return from share in (double[])[0.2, 0.5, 0.8]
               from alpha in (double[])[0.1, 0.3, 0.8]
               from beta in (double[])[0.1, 0.3, 0.8]
               let part = Math.Log((1 - share) / 2 * middle)
               select new[] { Math.Log(share * middle), part, alpha, part, beta, 0, 0, 0, 0 };
    }

    /// <summary>The best fit over starts.</summary>
    public Solution Best(IEnumerable<double[]> starts, double[]? counts = null) => starts.Select(s => From(s, counts)).MinBy(s => s.Loss)!;

    /// <summary>Descends from one start.</summary>
    /// <param name="start">Nine numbers.</param>
    /// <param name="counts">How often each point counts; null: once.</param>
    public Solution From(double[] start, double[]? counts)
    {
        var (theta, damping) = ((double[])start.Clone(), 1e-2);
        var loss = Loss(theta, counts);
        var (hessian, gradient) = (new double[Count, Count], new double[Count]);
        for (var step = 0; step < MaxSteps && damping < LargestDamping; step++)
        {
            Normal(theta, counts, hessian, gradient);
            while (damping < LargestDamping)
            {
                if (Solve(hessian, gradient, damping) is { } move && theta.Zip(move, (t, m) => t - m).ToArray() is var next && Loss(next, counts) is var lower
                    && lower < loss)
                {
                    var gain = loss - lower;
                    (theta, loss, damping) = (next, lower, damping / 5);
                    if (gain < Smallest * (1 + loss))
                    {
                        return new Solution(theta, loss);
                    }

                    break;
                }

                damping *= 4;
            }
        }

        return new Solution(theta, loss);
    }

    private double Loss(double[] theta, double[]? counts)
    {
        var sum = 0.0;
        for (var i = 0; i < _log.Length; i++)
        {
            var size = Math.Abs(Predict(theta, i, null) - _log[i]);
            sum += (counts?[i] ?? 1) * (size <= _delta ? size * size / 2 : _delta * (size - (_delta / 2)));
        }

        return double.IsNaN(sum) ? double.PositiveInfinity : sum;
    }

    private void Normal(double[] theta, double[]? counts, double[,] hessian, double[] gradient)
    {
        Array.Clear(hessian);
        Array.Clear(gradient);
        var slope = new double[Count];
        for (var i = 0; i < _log.Length; i++)
        {
            var residual = Predict(theta, i, slope) - _log[i];
            var weight = (counts?[i] ?? 1) * (Math.Abs(residual) <= _delta ? 1 : _delta / Math.Abs(residual));
            for (var r = 0; r < Count; r++)
            {
                gradient[r] += weight * residual * slope[r];
                for (var c = 0; c <= r; c++)
                {
                    hessian[r, c] += weight * slope[r] * slope[c];
                }
            }
        }
    }

    private double Predict(double[] t, int i, double[]? slope)
    {
        var m = _isMethod[i] ? 1.0 : 0.0;
        var terms = (E: t[0], A: t[1] + (m * t[5]) - ((t[2] + (m * t[6])) * _x[i]), B: t[3] + (m * t[7]) - ((t[4] + (m * t[8])) * _y[i]));
        var largest = Math.Max(terms.E, Math.Max(terms.A, terms.B));
        var (e, a, b) = (Math.Exp(terms.E - largest), Math.Exp(terms.A - largest), Math.Exp(terms.B - largest));
        var sum = e + a + b;
        if (slope is not null)
        {
            (slope[0], slope[1], slope[2], slope[3], slope[4]) = (e / sum, a / sum, -a / sum * _x[i], b / sum, -b / sum * _y[i]);
            (slope[5], slope[6], slope[7], slope[8]) = (m * slope[1], m * slope[2], m * slope[3], m * slope[4]);
        }

        return largest + Math.Log(sum);
    }

    // Cholesky's factors of the damped normal equations; null where they are not positive.
    private static double[]? Solve(double[,] hessian, double[] gradient, double damping)
    {
        var (l, x) = (new double[Count, Count], new double[Count]);
        for (var r = 0; r < Count; r++)
        {
            for (var c = 0; c <= r; c++)
            {
                var sum = hessian[r, c] + (r == c ? damping * (hessian[r, r] + 1e-9) : 0);
                for (var k = 0; k < c; k++)
                {
                    sum -= l[r, k] * l[c, k];
                }

                if (r == c && !(sum > 0))
                {
                    return null;
                }

                l[r, c] = r == c ? Math.Sqrt(sum) : sum / l[c, c];
            }

            x[r] = (gradient[r] - Enumerable.Range(0, r).Sum(k => l[r, k] * x[k])) / l[r, r];
        }

        for (var r = Count - 1; r >= 0; r--)
        {
            x[r] = (x[r] - Enumerable.Range(r + 1, Count - r - 1).Sum(k => l[k, r] * x[k])) / l[r, r];
        }

        return x;
    }
}
