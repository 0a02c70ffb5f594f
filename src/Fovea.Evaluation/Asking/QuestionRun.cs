using Fovea.Core.Watching;
using Fovea.Evaluation.Running;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;
using Fovea.Models.Vision;

namespace Fovea.Evaluation.Asking;

/// <summary>
/// Puts questions to a model, in batches by token budget. Questions about the same images are neighbours, and an image is encoded once for all of them; the same
/// question about the same image is asked once, however often it is listed, as in POPE's categories. Stretches of questions are batched each for itself, so that a run that was interrupted asks the rest in the batches of one that was not, and ends in the same bits.
/// </summary>
/// <param name="subject">The model, with the decoding method for questions with images.</param>
/// <param name="options">How.</param>
public sealed class QuestionRun(ModelUnderTest subject, AskingOptions options)
{
    private const int Stretch = 64;

    /// <param name="Question">The question.</param>
    /// <param name="Ids">Its prompt.</param>
    /// <param name="Images">Hashes of its images, a line each.</param>
    /// <param name="Key">Of all that decides its answer.</param>
    private sealed record Asked(AskedQuestion Question, int[] Ids, string Images, string Key);

    private readonly DecoderModel _model = subject.Model as DecoderModel ?? throw new NotSupportedException($"{subject.Model.Family}: not a model that generates");

    /// <summary>Answers all questions, those that are kept already without the model.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="folder">Where answers are kept as they come.</param>
    /// <param name="hashOf">SHA-256 of an image's file.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="stop">Stops between batches.</param>
    /// <returns>Answers and their keys, in the order of the questions.</returns>
    /// <exception cref="FoveaException">An image cannot be read, a question does not fit the model, or has no choices to weigh.</exception>
    public IReadOnlyList<(GivenAnswer Answer, string Key)> Run(
        IReadOnlyList<AskedQuestion> questions, string folder, Func<string, string> hashOf, IProgressSink? progress, CancellationToken stop)
    {
        var (log, answers) = (new AnswerLog(folder), new Dictionary<string, GivenAnswer>(StringComparer.Ordinal));
        using var features = new ImageFeatureCache(options.FeatureBytes);
        Asked[] all = [.. questions.Select(q => Ready(q, hashOf))];
        Asked[] different = [.. all.DistinctBy(a => a.Key).GroupBy(a => a.Images).SelectMany(g => g)];
        foreach (var (number, stretch) in different.Chunk(Stretch).Index())
        {
            stop.ThrowIfCancellationRequested();
            var keys = Array.ConvertAll(stretch, a => a.Key);
            var found = log.Find(number, keys);
            if (found is null)
            {
                found = Ask(stretch, features, stop);
                log.Keep(number, keys, found);
            }

            foreach (var (key, answer) in keys.Zip(found))
            {
                answers.Add(key, answer);
            }

            progress?.Report("answers", answers.Count, different.Length);
        }

        return Array.ConvertAll(all, a => (answers[a.Key], a.Key));
    }

    private Asked Ready(AskedQuestion question, Func<string, string> hashOf)
    {
        var (ids, images) = (subject.Encoder.EncodePrompt(question.Sample, AskedQuestion.AnswerTurn), string.Join('\n', question.ImageHashes(hashOf)));
        return new Asked(question, ids, images, ContentHash.OfText(string.Join('\n', [options.Setting, string.Join(' ', ids), images, "", .. question.Choices])));
    }

    private GivenAnswer[] Ask(Asked[] questions, ImageFeatureCache features, CancellationToken stop)
    {
        var images = questions.DistinctBy(q => q.Images).ToDictionary(q => q.Images, q => Read(q.Question));
        var prompts = Array.ConvertAll(questions, q => Prompt(q, images[q.Images]));
        var answers = new GivenAnswer[questions.Length];
        var likelihood = options.By == AnswerBy.Likelihood ? new ChoiceLikelihood(subject, _model, features) : null;
        foreach (var group in Enumerable.Range(0, prompts.Length).GroupBy(i => subject.Method is not null && prompts[i].Images.Count > 0))
        {
            int[] members = [.. group];
            var room = likelihood is null ? options.MaxNewTokens : 1;
            foreach (var batch in TokenBudget.Plan(Array.ConvertAll(members, i => prompts[i].InputIds.Length + room), options.TokenBudget))
            {
                stop.ThrowIfCancellationRequested();
                var rows = Array.ConvertAll(batch, b => members[b]);
                var (asked, expanded) = (Array.ConvertAll(rows, r => questions[r].Question), Array.ConvertAll(rows, r => prompts[r]));
                var method = group.Key ? subject.Method : null;
                var found = likelihood?.Weigh(asked, expanded, method, options.TokenBudget) ?? Generate(expanded, method, features, stop);
                foreach (var (at, row) in rows.Index())
                {
                    answers[row] = found[at];
                }
            }
        }

        return answers;
    }

    private (IReadOnlyList<PixelValues> Unit, IReadOnlyList<PixelValues> Normalised) Read(AskedQuestion question)
    {
        var unit = subject.UnitImages(question.Corpus, question.Sample);
        return (unit, [.. unit.Select(u => subject.Processor!.Normalize(u))]);
    }

    private ExpandedSample Prompt(Asked asked, (IReadOnlyList<PixelValues> Unit, IReadOnlyList<PixelValues> Normalised) images)
    {
        var (sees, key) = (_model.SeesImages, asked.Question.Sample.Key);
        var prompt = SampleExpander.ExpandPrompt(
            _model, key, sees ? asked.Ids : [.. asked.Ids.Where(i => i != TokenizedSample.ImagePlaceholder)], images.Normalised);
        return subject.Method is { } method && (prompt.Images.Count > 0 || !sees)
            ? method.Prepare(_model, prompt, subject.Processor is null ? null : new PromptImages(key, images.Unit, subject.Processor))
            : prompt;
    }

    private GivenAnswer[] Generate(ExpandedSample[] prompts, DecodingMethod? method, ImageFeatureCache features, CancellationToken stop)
    {
        var generation = new GenerationOptions
        {
            MaxNewTokens = options.MaxNewTokens,
            EndIds = options.EndIds,
            PadId = subject.Encoder.PadId,
            BatchSize = prompts.Length,
            Method = method,
            ImageFeatures = features,
        };
        return Array.ConvertAll(TextGenerator.Generate(_model, prompts, generation, cancel: stop), s =>
            new GivenAnswer(subject.Encoder.Decode(s.Ids).Trim(), s.EndId is null ? "length" : "end_id", s.Ids.Length));
    }
}
