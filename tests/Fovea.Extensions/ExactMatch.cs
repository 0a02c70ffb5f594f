using Fovea.Core.Results;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;

namespace Fovea.Extensions;

/// <summary>How many last answers are, word for word, those of the corpus. The unit is the sample.</summary>
public static class ExactMatch
{
    public static Benchmark Benchmark { get; } = new("exact-match", "share of answers that are the corpus's, word for word", Run);

    private static IEnumerable<EvalResult> Run(BenchmarkInput input)
    {
        Question[] questions = [.. input.Corpus.Samples.Select(s => new Question(s, s.Turns.Count - 1))];
        var answers = AnswerGenerator.Generate(input.Subject(null), input.Corpus, questions, input.MaxNewTokens, input.Progress, input.Stop);
        input.Keep("answers", answers);
        var sums = new MetricSums(questions.Length);
        foreach (var (unit, question) in questions.Index())
        {
            sums.Add("exact_match", higherIsBetter: true, unit, answers[unit].Text.Trim() == question.Sample.Turns[question.Turn].Text.Trim() ? 1 : 0);
        }

        yield return sums.ToResult("exact_match", "sample");
    }
}
