using Fovea.Core.Extending;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Amber;
using Fovea.Evaluation.Answers.Chair;
using Fovea.Evaluation.Answers.Choices;
using Fovea.Evaluation.Answers.Hallusion;
using Fovea.Evaluation.Answers.Judged;
using Fovea.Evaluation.Answers.LongTail;
using Fovea.Evaluation.Answers.Mme;
using Fovea.Evaluation.Answers.Pope;
using Fovea.Evaluation.Answers.Texts;

namespace Fovea.Evaluation;

/// <summary>The benchmarks whose answer files are scored without a model: <c>fovea eval NAME</c>.</summary>
public static class AnswerBenchmarks
{
    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<AnswerBenchmark> BuiltIn { get; } = new("answer benchmark",
    [
        PopeScore.Benchmark,
        ChairScore.Benchmark,
        AmberScore.Benchmark,
        MmeScore.Benchmark,
        HallusionScore.Benchmark,
        MmVetScore.Benchmark,
        LlavaBenchScore.Benchmark,
        MmHalScore.Benchmark,
        MmBenchScore.Benchmark,
        CvBenchScore.Benchmark,
        MultipleChoiceScore.ScienceQa,
        MultipleChoiceScore.Benchmark,
        AnlsScore.Benchmark,
        VqaScore.Benchmark,
        ExactMatchScore.Gqa,
        ExactMatchScore.Benchmark,
        LongTailScore.Benchmark,
    ]);
}
