using Fovea.Core.Watching;
using Fovea.Evaluation.Running;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Guidance;

namespace Fovea.Evaluation.Asking;

/// <summary>
/// Puts questions to a model, in batches by token budget. Stretches of questions are batched each for itself, so that a run that was interrupted asks the rest
/// in the batches of one that was not, and ends in the same bits.
/// </summary>
/// <param name="subject">The model, with the decoding method for questions with images.</param>
/// <param name="options">How.</param>
public sealed class QuestionRun(ModelUnderTest subject, AskingOptions options)
{
    private const int Stretch = 64;
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
        var (log, done) = (new AnswerLog(folder), new List<(GivenAnswer, string)>(questions.Count));
        foreach (var (number, stretch) in questions.Chunk(Stretch).Index())
        {
            stop.ThrowIfCancellationRequested();
            var prompts = Array.ConvertAll(stretch, q => subject.Encoder.EncodePrompt(q.Sample, AskedQuestion.AnswerTurn));
            string[] keys = [.. stretch.Zip(prompts, (q, ids) => KeyOf(q, ids, hashOf))];
            var answers = log.Find(number, keys);
            if (answers is null)
            {
                answers = Ask(stretch, prompts, stop);
                log.Keep(number, keys, answers);
            }

            done.AddRange(answers.Zip(keys));
            progress?.Report("answers", done.Count, questions.Count);
        }

        return done;
    }

    private string KeyOf(AskedQuestion question, int[] prompt, Func<string, string> hashOf) => ContentHash.OfText(string.Join('\n',
        [options.Setting, string.Join(' ', prompt), .. question.Sample.Images.Select(i => hashOf(question.Corpus.ImagePath(question.Sample.Key, i))), "", .. question.Choices]));

    private GivenAnswer[] Ask(AskedQuestion[] questions, int[][] ids, CancellationToken stop)
    {
        var images = questions.Select(q => q.Sample).DistinctBy(s => string.Join('\n', s.Images)).ToDictionary(s => string.Join('\n', s.Images));
        var unit = images.ToDictionary(i => i.Key, i => subject.UnitImages(questions.First(q => q.Sample.Key == i.Value.Key).Corpus, i.Value));
        var prompts = questions.Zip(ids, (q, prompt) => Prompt(q, prompt, unit[string.Join('\n', q.Sample.Images)])).ToArray();
        var answers = new GivenAnswer[questions.Length];
        var likelihood = options.By == AnswerBy.Likelihood ? new ChoiceLikelihood(subject, _model) : null;
        foreach (var group in Enumerable.Range(0, prompts.Length).GroupBy(i => subject.Method is not null && prompts[i].Images.Count > 0))
        {
            int[] members = [.. group];
            var room = likelihood is null ? options.MaxNewTokens : 1;
            foreach (var batch in TokenBudget.Plan(Array.ConvertAll(members, i => prompts[i].InputIds.Length + room), options.TokenBudget))
            {
                stop.ThrowIfCancellationRequested();
                var rows = Array.ConvertAll(batch, b => members[b]);
                var (asked, expanded) = (Array.ConvertAll(rows, r => questions[r]), Array.ConvertAll(rows, r => prompts[r]));
                var method = group.Key ? subject.Method : null;
                var found = likelihood?.Weigh(asked, expanded, method, options.TokenBudget) ?? Generate(expanded, method, stop);
                foreach (var (at, row) in rows.Index())
                {
                    answers[row] = found[at];
                }
            }
        }

        return answers;
    }

    private ExpandedSample Prompt(AskedQuestion question, int[] ids, IReadOnlyList<PixelValues> unit)
    {
        var sees = _model.SeesImages;
        var prompt = SampleExpander.ExpandPrompt(_model, question.Sample.Key, sees ? ids : [.. ids.Where(i => i != TokenizedSample.ImagePlaceholder)],
            [.. unit.Select(u => subject.Processor!.Normalize(u))]);
        return subject.Method is { } method && (prompt.Images.Count > 0 || !sees)
            ? method.Prepare(_model, prompt, subject.Processor is null ? null : new PromptImages(question.Sample.Key, unit, subject.Processor))
            : prompt;
    }

    private GivenAnswer[] Generate(ExpandedSample[] prompts, DecodingMethod? method, CancellationToken stop)
    {
        var generation = new GenerationOptions
        {
            MaxNewTokens = options.MaxNewTokens,
            EndIds = options.EndIds,
            PadId = subject.Encoder.PadId,
            BatchSize = prompts.Length,
            Method = method,
        };
        return Array.ConvertAll(TextGenerator.Generate(_model, prompts, generation, cancel: stop), s =>
            new GivenAnswer(subject.Encoder.Decode(s.Ids).Trim(), s.EndId is null ? "length" : "end_id", s.Ids.Length));
    }
}
