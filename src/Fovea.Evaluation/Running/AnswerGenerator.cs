using Fovea.Core.Watching;
using Fovea.Evaluation.Results;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Models.Vision;

namespace Fovea.Evaluation.Running;

/// <summary>An answer to be generated: the sample, and the index of the assistant's turn; earlier turns are context as they are.</summary>
public sealed record Question(Sample Sample, int Turn);

/// <summary>Generates answers greedily, those to questions with images by the subject's decoding method.</summary>
public static class AnswerGenerator
{
    /// <summary>Batches held in memory at once, sorted by length among themselves.</summary>
    private const int BatchesAhead = 8;

    /// <summary>Predictions in the order of the questions. A model that sees no images gets the prompt without placeholders.</summary>
    /// <param name="subject">The model.</param>
    /// <param name="corpus">Where the images are.</param>
    /// <param name="questions">What to answer.</param>
    /// <param name="maxNewTokens">Most tokens of one answer; at least 1.</param>
    /// <param name="progress">Told how many answers are done.</param>
    /// <param name="cancel">Stops between steps.</param>
    /// <exception cref="Core.Errors.InvalidInputException">An image cannot be read, or a prompt does not fit the model.</exception>
    public static IReadOnlyList<Prediction> Generate(
        ModelUnderTest subject,
        ICorpus corpus,
        IReadOnlyList<Question> questions,
        int maxNewTokens,
        IProgressSink? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNewTokens, 1);
        var predictions = new List<Prediction>(questions.Count);
        using var features = new ImageFeatureCache();
        foreach (var chunk in questions.Chunk(subject.BatchSize * BatchesAhead))
        {
            cancel.ThrowIfCancellationRequested();
            var prompts = Prompts(subject, corpus, chunk);
            var ids = Answers(subject, prompts, maxNewTokens, features, cancel);
            predictions.AddRange(chunk.Select((q, i) => new Prediction(q.Sample.Key, q.Turn, subject.Encoder.Decode(ids[i]))));
            progress?.Report("answers", predictions.Count, questions.Count);
        }

        return predictions;
    }

    private static int[][] Answers(ModelUnderTest subject, ExpandedSample[] prompts, int maxNewTokens, ImageFeatureCache features, CancellationToken cancel)
    {
        var endId = subject.Encoder.EndId;
        var plain = new GenerationOptions
        {
            MaxNewTokens = maxNewTokens,
            EndIds = [endId],
            PadId = endId,
            BatchSize = subject.BatchSize,
            ImageFeatures = features,
        };
        var ids = new int[prompts.Length][];

        // No method says anything about a question without an image.
        foreach (var group in Enumerable.Range(0, prompts.Length).GroupBy(i => subject.Method is not null && prompts[i].Images.Count > 0))
        {
            var found = TextGenerator.Generate(
                subject.Model, [.. group.Select(i => prompts[i])], plain with { Method = group.Key ? subject.Method : null }, cancel: cancel);
            foreach (var (row, i) in group.Index())
            {
                ids[i] = found[row].Ids;
            }
        }

        return ids;
    }

    private static ExpandedSample[] Prompts(ModelUnderTest subject, ICorpus corpus, Question[] questions)
    {
        // Questions of one dialogue follow each other and share their images.
        var images = questions.Select(q => q.Sample).DistinctBy(s => s.Key).ToDictionary(s => s.Key, s => subject.UnitImages(corpus, s) is var read
            ? (Unit: read, Normalised: read.Select(u => subject.Processor!.Normalize(u)).ToArray()) : default);
        return Array.ConvertAll(questions, q =>
        {
            var (ids, (unit, normalised)) = (subject.Encoder.EncodePrompt(q.Sample, q.Turn), images[q.Sample.Key]);
            var prompt = SampleExpander.ExpandPrompt(
                subject.Model,
                q.Sample.Key,
                subject.Model.SeesImages ? ids : [.. ids.Where(i => i != TokenizedSample.ImagePlaceholder)],
                normalised);
            return subject.Method is { } method && subject.Model is DecoderModel model && (prompt.Images.Count > 0 || !model.SeesImages)
                ? method.Prepare(model, prompt, subject.Processor is null ? null : new PromptImages(q.Sample.Key, unit, subject.Processor))
                : prompt;
        });
    }
}
