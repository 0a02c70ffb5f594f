using Fovea.Core.Randomness;
using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Scaling;

/// <summary>A number with a 95 % interval.</summary>
/// <param name="Value">Of the fit.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record ScalingEstimate(double Value, double Low, double High);

/// <summary>How a method scales beside another, from one fit of both.</summary>
/// <param name="Baseline">The other's law.</param>
/// <param name="Method">The method's.</param>
/// <param name="Alpha">Difference of the exponents of the model's size, method - baseline.</param>
/// <param name="Beta">Difference of the exponents of the data's size.</param>
/// <param name="Pairs">Pairs of runs.</param>
/// <param name="RootMeanSquare">Of the residuals of log loss.</param>
public sealed record ScalingComparison(ScalingLaw Baseline, ScalingLaw Method, ScalingEstimate Alpha, ScalingEstimate Beta, int Pairs, double RootMeanSquare)
{
    private const int LeastPairs = 12, Tried = 1;
    private const double Delta = 1e-3, Level = 0.95;

    /// <summary>Fits runs of two methods on one grid.</summary>
    /// <param name="runs">Runs; each (N, D, seed) once for each method.</param>
    /// <param name="baseline">The method that the other is compared with.</param>
    /// <param name="resamples">Of the bootstrap, which draws pairs of runs.</param>
    /// <param name="seed">Of the bootstrap.</param>
    /// <exception cref="FoveaException">Runs are not in pairs, too few, or on fewer than three sizes of either kind; the message says which.</exception>
    public static ScalingComparison Of(IReadOnlyList<ScalingRun> runs, string baseline, int resamples = 400, long seed = 1)
    {
        var pairs = Paired(runs, baseline);
        var (x, y) = (pairs.Average(p => Math.Log(p.Baseline.Parameters)), pairs.Average(p => Math.Log(p.Baseline.Tokens)));
        (double, double, bool, double) Point(ScalingRun r, bool isMethod) => (Math.Log(r.Parameters) - x, Math.Log(r.Tokens) - y, isMethod, Math.Log(r.Loss));
        var fit = new JointFit([.. pairs.Select(p => Point(p.Baseline, false)), .. pairs.Select(p => Point(p.Method, true))], Delta);
        var best = fit.Best(fit.Starts());
        var resampled = Resample(fit, best.Theta, pairs.Length, resamples, seed);
        ScalingEstimate Estimate(int of) => new(best.Theta[of], Quantile(resampled, of, (1 - Level) / 2), Quantile(resampled, of, (1 + Level) / 2));
        return new ScalingComparison(Law(best.Theta, 0, x, y), Law(best.Theta, 1, x, y), Estimate(6), Estimate(8), pairs.Length,
            Residual(pairs, Law(best.Theta, 0, x, y), Law(best.Theta, 1, x, y)));
    }

    private static (ScalingRun Baseline, ScalingRun Method)[] Paired(IReadOnlyList<ScalingRun> runs, string baseline)
    {
        foreach (var run in runs.Where(r => !(r.Parameters > 0 && r.Tokens > 0 && r.Loss > 0 && double.IsFinite(r.Parameters + r.Tokens + r.Loss))))
        {
            throw new FoveaException($"{Name(run)}: expected parameters, tokens and loss above zero");
        }

        var methods = runs.Select(r => r.Method).Distinct().ToArray();
        if (methods.Length != 2 || !methods.Contains(baseline))
        {
            throw new FoveaException($"expected runs of two methods, '{baseline}' one of them, got {string.Join(", ", methods)}");
        }

        var pairs = runs.GroupBy(r => (r.Parameters, r.Tokens, r.Seed)).Select(g => g.Count() == 2 && g.First().Method != g.Last().Method
            ? (g.First(r => r.Method == baseline), g.First(r => r.Method != baseline))
            : throw new FoveaException($"{Name(g.First())}: expected one run of each method for these sizes and seed, got {g.Count()}")).ToArray();
        var (models, data) = (runs.Select(r => r.Parameters).Distinct().Count(), runs.Select(r => r.Tokens).Distinct().Count());
        return pairs.Length >= LeastPairs && models >= 3 && data >= 3 ? pairs
            : throw new FoveaException($"expected at least {LeastPairs} pairs of runs over three sizes of model and three of data, got {pairs.Length} over {models} and {data}");
    }

    private static double[][] Resample(JointFit fit, double[] best, int pairs, int resamples, long seed)
    {
        var starts = fit.Starts().Where((_, i) => i % 13 == 0).Take(Tried).Prepend(best).ToArray();
        var drawn = new double[resamples][];
        Parallel.For(0, resamples, r =>
        {
            var random = new RandomSource(seed, "scaling", r);
            var counts = new double[2 * pairs];
            for (var i = 0; i < pairs; i++)
            {
                var pair = random.Next(pairs);
                counts[pair]++;
                counts[pairs + pair]++;
            }

            drawn[r] = fit.Best(starts, counts).Theta;
        });
        return drawn;
    }

    private static double Quantile(double[][] drawn, int of, double at) => RatioBootstrap.Quantile([.. drawn.Select(d => d[of]).Order()], at);

    private static ScalingLaw Law(double[] t, int method, double x, double y)
    {
        var (a, alpha, b, beta) = (t[1] + (method * t[5]), t[2] + (method * t[6]), t[3] + (method * t[7]), t[4] + (method * t[8]));
        return new ScalingLaw(Math.Exp(t[0]), Math.Exp(a + (alpha * x)), alpha, Math.Exp(b + (beta * y)), beta);
    }

    private static double Residual((ScalingRun Baseline, ScalingRun Method)[] pairs, ScalingLaw baseline, ScalingLaw method) => Math.Sqrt(pairs
        .SelectMany(p => new[] { (Run: p.Baseline, Law: baseline), (Run: p.Method, Law: method) })
        .Average(r => Math.Pow(Math.Log(r.Run.Loss) - Math.Log(r.Law.Loss(r.Run.Parameters, r.Run.Tokens)), 2)));

    private static string Name(ScalingRun run) => FormattableString.Invariant($"run of {run.Method} with {run.Parameters:0} parameters, {run.Tokens:0} tokens, seed {run.Seed}");
}
