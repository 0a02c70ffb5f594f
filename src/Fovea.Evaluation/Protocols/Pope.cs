using Fovea.Evaluation.Statistics;

namespace Fovea.Evaluation.Protocols;

/// <summary>POPE's reading of a free answer (RUCAIBox/POPE evaluate.py; LLaVA's eval_pope.py is the same).</summary>
public static class PopeAnswer
{
    /// <summary>
    /// True for "yes". The text before the first full stop, commas deleted, is split at single blanks; the answer is "no" if one of the
    /// words is exactly <c>No</c>, <c>not</c> or <c>no</c>, and "yes" otherwise: also for an empty answer, "NO", "know", or "isn't".
    /// </summary>
    public static bool Parse(string answer)
    {
        var stop = answer.IndexOf('.', StringComparison.Ordinal);
        var sentence = (stop < 0 ? answer : answer[..stop]).Replace(",", "", StringComparison.Ordinal);
        return !sentence.Split(' ').Any(word => word is "No" or "not" or "no");
    }
}

/// <summary>
/// Accuracy, precision, recall, F1 and yes-ratio as sums; the positive class is "yes". F1 is 2TP / (2TP + FP + FN), the ratio of sums that
/// equals the harmonic mean. Where POPE's script divides by zero (nothing said or nothing true), the metric has no data.
/// </summary>
public static class PopeMetrics
{
    /// <summary>Makes the metrics known, so that they are reported as "no data" if no question is added.</summary>
    public static void Declare(MetricSums sums)
    {
        foreach (var name in (string[])["accuracy", "precision", "recall", "f1"])
        {
            sums.Declare("pope_" + name, true);
        }

        sums.Declare("pope_yes_ratio", null);
    }

    /// <summary>Adds one answered question of a unit, under names such as <c>pope_f1</c>.</summary>
    public static void Add(MetricSums sums, int unit, bool goldYes, bool saidYes)
    {
        double truePositive = goldYes && saidYes ? 1 : 0, said = saidYes ? 1 : 0, gold = goldYes ? 1 : 0;
        sums.Add("pope_accuracy", true, unit, goldYes == saidYes ? 1 : 0);
        sums.Add("pope_precision", true, unit, truePositive, said);
        sums.Add("pope_recall", true, unit, truePositive, gold);
        sums.Add("pope_f1", true, unit, 2 * truePositive, said + gold);
        sums.Add("pope_yes_ratio", null, unit, said);
    }
}
