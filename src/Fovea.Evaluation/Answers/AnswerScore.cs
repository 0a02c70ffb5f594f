using Fovea.Evaluation.Answers.Outcomes;

namespace Fovea.Evaluation.Answers;

/// <summary>What answers scored.</summary>
/// <param name="Outcomes">The outcome of every question: metrics, intervals and paired comparisons are made from these.</param>
/// <param name="Document">The benchmark's own figures under its own keys; fractions, and null where nothing was counted.</param>
public sealed record AnswerScore(OutcomeTable Outcomes, JsonObject Document)
{
    /// <summary>What a reader of the figures should know, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
