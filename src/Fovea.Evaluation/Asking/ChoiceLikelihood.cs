using Fovea.Evaluation.Running;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Models.Targets;
using Fovea.Models.Vision;
using Fovea.Torch;
using static TorchSharp.torch;

namespace Fovea.Evaluation.Asking;

/// <summary>
/// Answers by likelihood: of a question's choices the one whose tokens have the largest sum of log-probabilities, the end token not counted. Where each
/// choice is one token behind the question, all of them are read from one pass over it; otherwise each choice is a pass.
/// </summary>
internal sealed class ChoiceLikelihood(ModelUnderTest subject, DecoderModel model, ImageFeatureCache features)
{
    /// <summary>Weighs the choices of a batch's questions.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="prompts">The same, expanded.</param>
    /// <param name="method">The decoding method of all of them; null for the model's own probabilities.</param>
    /// <param name="tokenBudget">Most tokens of a pass where choices are passes.</param>
    /// <exception cref="FoveaException">A question has fewer than two choices, or a decoding method meets choices of several tokens.</exception>
    public GivenAnswer[] Weigh(AskedQuestion[] questions, ExpandedSample[] prompts, DecodingMethod? method, int tokenBudget)
    {
        var choices = Array.ConvertAll(questions, q => Array.ConvertAll(Choices(q), c => Encoded(q, c)));
        int[]?[] first = [.. questions.Zip(choices, OneToken)];
        var weights = new double[questions.Length][];
        int[] single = [.. Enumerable.Range(0, questions.Length).Where(i => first[i] is not null)];
        if (single.Length > 0)
        {
            foreach (var (at, logProbs) in FirstLogProbs(Array.ConvertAll(single, i => prompts[i]), method, Array.ConvertAll(single, i => first[i]!)).Index())
            {
                weights[single[at]] = logProbs;
            }
        }

        int[] several = [.. Enumerable.Range(0, questions.Length).Where(i => first[i] is null)];
        if (several.Length > 0 && method is { IsPlain: false })
        {
            var key = questions[several[0]].Sample.Key;
            throw new InvalidInputException(key.Source, key.Record,
                $"choices of several tokens cannot be weighed under decoding by {method.Name}; ask by generation, or without --decode");
        }

        foreach (var i in several)
        {
            weights[i] = SumLogProbs(choices[i], prompts[i], tokenBudget);
        }

        return [.. questions.Zip(weights, (q, w) => new GivenAnswer(
            q.Choices[Array.IndexOf(w, w.Max())], "likelihood", 0, q.Choices.Zip(w).ToDictionary(p => p.First, p => p.Second)))];
    }

    private static string[] Choices(AskedQuestion question) => question.Choices.Count >= 2 ? [.. question.Choices] : throw new InvalidInputException(
        question.Sample.Key.Source, question.Sample.Key.Record, "has no options to weigh by likelihood; give them with --choices, e.g. --choices Yes,No");

    private TokenizedSample Encoded(AskedQuestion question, string choice)
    {
        var turns = question.Sample.Turns;
        return subject.Encoder.Encode(question.Sample with { Turns = [turns[0], new Turn(Role.Assistant, choice)] });
    }

    /// <summary>The one token that each choice adds to the prompt; null where a choice adds more, or changes the prompt's last tokens.</summary>
    private int[]? OneToken(AskedQuestion question, TokenizedSample[] choices)
    {
        var prompt = subject.Encoder.EncodePrompt(question.Sample, AskedQuestion.AnswerTurn);
        return Array.TrueForAll(choices, c => c.TargetIndices.Length - c.EndTargets.Length == 1 && c.TargetIndices[0] == prompt.Length
            && c.InputIds.AsSpan(0, prompt.Length).SequenceEqual(prompt)) ? Array.ConvertAll(choices, c => c.InputIds[prompt.Length]) : null;
    }

    private double[][] FirstLogProbs(ExpandedSample[] prompts, DecodingMethod? method, int[][] ids)
    {
        using var scope = NewDisposeScope();
        var options = new GenerationOptions { Method = method, PadId = subject.Encoder.PadId, ImageFeatures = features };
        var logProbs = TextGenerator.FirstScores(model, prompts, options).log_softmax(-1);
        var values = TensorBytes.ToArray<float>(logProbs);
        var vocab = (int)logProbs.shape[1];
        return [.. ids.Select((row, i) => Array.ConvertAll(row, id => (double)Math.Max(values[(i * vocab) + id], float.MinValue)))];
    }

    private double[] SumLogProbs(TokenizedSample[] choices, ExpandedSample prompt, int tokenBudget)
    {
        var sums = new double[choices.Length];
        ExpandedSample[] expanded = Array.ConvertAll(choices, c => SampleExpander.Expand(model, c, prompt.Images, withoutImages: prompt.Images.Count == 0));
        foreach (var batch in TokenBudget.Plan(Array.ConvertAll(expanded, e => e.InputIds.Length), tokenBudget))
        {
            foreach (var (at, logProbs) in TargetLogProbs.Compute(model, Array.ConvertAll(batch, b => expanded[b]), features).Index())
            {
                sums[batch[at]] = logProbs.Where((_, t) => !choices[batch[at]].EndTargets.Contains(t)).Sum(p => (double)p);
            }
        }

        return sums;
    }
}
