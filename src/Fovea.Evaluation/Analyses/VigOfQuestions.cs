using Fovea.Core.Json;
using Fovea.Core.Results;
using Fovea.Core.Watching;
using Fovea.Data.Images;
using Fovea.Evaluation.Answers.Reading;
using Fovea.Evaluation.Asking;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Statistics;
using Fovea.Models.Batching;

namespace Fovea.Evaluation.Analyses;

/// <summary>
/// VIG of the right answers to benchmarks' questions, how far a benchmark needs its images (the analysis of arXiv 2602.17186): the mean over questions of an answer's VIG in nats per token, against a
/// blurred image (the paper's; sigma a quarter of the shorter side) and against no image tokens, for all questions, for each file of several, and by the category that records name. The unit is the
/// image; questions without one are left out and counted.
/// </summary>
public static class VigOfQuestions
{
    private static readonly string[] Golds = ["answer", "label", "gt_answer", "gold", "target", "ground_truth", "answers"], Categories = ["category", "l2-category", "task", "subject", "question_type", "type"],
        Against = ["vig/blur", "vig/none"];

    /// <summary>The means.</summary>
    /// <param name="subject">The model.</param>
    /// <param name="questions">The questions with their right answers.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="stop">Stops between questions.</param>
    /// <exception cref="FoveaException">The model sees no images, no question has one, or one has no right answer.</exception>
    public static EvalResult Evaluate(ModelUnderTest subject, IReadOnlyList<AskedQuestion> questions, IProgressSink? progress, CancellationToken stop)
    {
        if (!subject.Model.SeesImages || subject.Processor is null)
        {
            throw new FoveaException($"vig-questions: a {subject.Model.Family} model sees no images; name a model with a vision side");
        }

        AskedQuestion[] seen = [.. questions.Where(q => q.Sample.Images.Count > 0)];
        var (keys, units) = (new ImageKeys(), new Dictionary<ImageKey, int>());
        Array.ForEach(seen, q => units.TryAdd(keys.Of(q.Sample, 0), units.Count));
        if (units.Count == 0)
        {
            throw new FoveaException("vig-questions: no question has an image");
        }

        var (sums, several) = (new MetricSums(units.Count), questions.Select(q => q.File).Distinct().Count() > 1);
        Array.ForEach(Against, name => sums.Declare(name, null));
        foreach (var (done, question) in seen.Index())
        {
            stop.ThrowIfCancellationRequested();
            foreach (var (name, vig) in Against.Zip(Of(subject, question)))
            {
                foreach (var group in GroupsOf(question, several))
                {
                    sums.Add(name + group, null, units[keys.Of(question.Sample, 0)], vig);
                }
            }

            progress?.Report("VIG of right answers", done + 1, seen.Length);
        }

        return sums.ToResult("vig_questions", "image");
    }

    private static double[] Of(ModelUnderTest subject, AskedQuestion question)
    {
        var sample = question.Sample with { Turns = [.. question.Sample.Turns.SkipLast(1), new Turn(Role.Assistant, GoldOf(question))] };
        var (tokens, unit) = (subject.Encoder.Encode(sample), subject.UnitImages(question.Corpus, sample));
        TargetQuery[] queries =
        [
            new(SampleExpander.Expand(subject.Model, tokens, [.. unit.Select(subject.Processor!.Normalize)])),
            new(SampleExpander.Expand(subject.Model, tokens, [.. unit.Select(u => subject.Processor!.Normalize(GaussianBlur.Apply(u, Math.Min(u.Height, u.Width) / 4.0)))])),
            new(SampleExpander.Expand(subject.Model, tokens, [], withoutImages: true)),
        ];
        TargetReading[] readings = [.. TargetReader.Read(subject.Model, queries, queries.Length)];
        return [.. readings.Skip(1).Select(r => TokenMeasures.MeanDifference(readings[0].LogProbs, r.LogProbs, out _))];
    }

    /// <summary>The right answer as a model is to write it: a text, or the letter of an option.</summary>
    private static string GoldOf(AskedQuestion question)
    {
        var record = ForeignJson.OfRecord(question.File, question.Sample.Key.Record, JsonSerializer.SerializeToElement(question.Record));
        var gold = record.First(Golds) ?? throw record.Error($"has no right answer; expected one of the keys {string.Join(", ", Golds)}");
        gold = gold.Element.ValueKind == JsonValueKind.Array ? gold.Items().FirstOrDefault() ?? throw gold.Expected("a right answer") : gold;
        var isIndex = gold.Element.ValueKind == JsonValueKind.Number && question.Choices.Count > 0;
        return isIndex ? question.Choices[gold.WholeNumber(0, question.Choices.Count - 1)] : gold.Id().Trim();
    }

    private static IEnumerable<string> GroupsOf(AskedQuestion question, bool several)
    {
        var file = several ? "/" + Name(Path.GetFileNameWithoutExtension(question.File)) : "";
        yield return "";
        if (several)
        {
            yield return file;
        }

        if (Categories.Select(c => question.Record[c]).FirstOrDefault(c => c is JsonValue) is { } category && $"{category}" is { Length: > 0 } name)
        {
            yield return $"{file}/{Name(name)}";
        }
    }

    private static string Name(string text) => text.Replace('/', '-').Replace(' ', '_');
}
