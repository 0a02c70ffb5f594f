namespace Fovea.Pipeline.Studies;

/// <summary>How a number of an arm and a seed follows from measured ones.</summary>
public enum Derivation
{
    /// <summary>
    /// Mean relative gain over an arm, as both papers report it: the mean over the measures of (x - other) / other, its sign turned where less is better.
    /// A share of 0.19 is "+19 %".
    /// </summary>
    RelativeGain,

    /// <summary>
    /// How much a metric swings along training: its values at three or more steps, the mean of |x_i - (x_(i-1) + x_(i+1)) / 2| over those that have two
    /// neighbours. A straight rise has none.
    /// </summary>
    Swing,
}

/// <summary>A measure that is computed by seed from others, which the results file holds.</summary>
public sealed record DerivedMeasure
{
    /// <summary>How.</summary>
    public required Derivation By { get; init; }

    /// <summary>The measures that it follows from; for <see cref="Derivation.Swing"/> in the order of training.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>For <see cref="Derivation.RelativeGain"/>: the arm that is gained over; <c>{NAME}</c> in it is filled from the arm's names.</summary>
    public string? Against { get; init; }

    /// <summary>The derived values: <c>[seeds]</c>; null where a value that is needed is missing, or is a zero to divide by.</summary>
    /// <param name="questions">The study.</param>
    /// <param name="values">What was measured.</param>
    /// <param name="arm">Whose.</param>
    internal double?[] Of(StudyQuestions questions, StudyValues values, string arm)
    {
        var own = From.Select(m => values.Of(arm, m)).ToArray();
        var other = By == Derivation.Swing ? [] : From.Select(m => values.Of(OtherOf(questions, arm), m)).ToArray();
        return [.. Enumerable.Range(0, values.Seeds.Count).Select(seed => By == Derivation.Swing
            ? Swing([.. own.Select(v => v[seed])])
            : From.Select((m, i) => Gain(own[i][seed], other[i][seed], questions.Measures[m].HigherIsBetter == true)).ToArray() is var gains
                && gains.All(g => g is not null) ? gains.Average() : null)];
    }

    /// <exception cref="FoveaException">It does not fit the study; the message names what.</exception>
    internal void Validate(string name, StudyQuestions questions)
    {
        var place = $"study.measures.{name}";
        foreach (var measure in From)
        {
            var from = StudyQuestions.Known("measure", measure, questions.Measures, place);
            if (from.Derived is not null || (By == Derivation.RelativeGain && from.HigherIsBetter is null))
            {
                throw new FoveaException($"{place}: '{measure}' {(from.Derived is not null ? "is derived itself" : "needs 'higher_is_better', the direction of a gain")}");
            }
        }

        if (By == Derivation.Swing ? From.Count < 3 || Against is not null : From.Count == 0 || Against is null)
        {
            throw new FoveaException($"{place}: {(By == Derivation.Swing ? "expected three or more measures in 'from', in the order of training, and no 'against'"
                : "expected measures in 'from' and an arm in 'against'")}");
        }

        foreach (var arm in questions.Arms.Keys.Where(questions.Measures[name].IsOf))
        {
            string[] read = Against is null ? [arm] : [arm, OtherOf(questions, arm)];
            _ = StudyQuestions.Known("arm", read[^1], questions.Arms, place);
            foreach (var (of, measure) in from a in read from m in From where !questions.Measures[m].IsOf(a) select (a, m))
            {
                throw new FoveaException($"{place}: '{measure}' is not measured of '{of}'");
            }
        }
    }

    private string OtherOf(StudyQuestions questions, string arm) => questions.Arms[arm].Fill(arm, Against!);

    private static double? Gain(double? own, double? other, bool higherIsBetter) => other is 0 ? null : (own - other) / other * (higherIsBetter ? 1 : -1);

    private static double? Swing(double?[] along) => along.All(v => v is not null)
        ? Enumerable.Range(1, along.Length - 2).Average(i => Math.Abs(along[i]!.Value - ((along[i - 1]!.Value + along[i + 1]!.Value) / 2)))
        : null;
}
