using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Outcomes;
using Fovea.Evaluation.Comparison;
using Fovea.Pipeline.Findings;

namespace Fovea.Cli.Commands;

/// <summary>A benchmark's questions asked again, altered (<c>--also</c>), scored as the questions as they were, and compared with these, paired by question.</summary>
internal static class AlteredAnswers
{
    private const string AsTheyWere = "as they were", Accuracy = "accuracy";

    /// <summary>Asks and scores each alteration in a folder of its name, and compares.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="ask">Its options.</param>
    /// <param name="benchmark">The benchmark.</param>
    /// <param name="sources">What was scored.</param>
    /// <param name="whole">The outcomes of the questions as they were.</param>
    /// <param name="folder">The command's folder.</param>
    /// <param name="screen">Where progress is shown.</param>
    /// <param name="stop">Ends it.</param>
    public static ComparedAnswers Of(
        ParseResult parsed, AskOptions ask, AnswerBenchmark benchmark, AnswerSources sources, OutcomeTable whole, string folder, Screen screen, CancellationToken stop)
    {
        var models = new List<ComparedModel> { new(AsTheyWere, [whole]) };
        foreach (var way in ask.Alterations(parsed))
        {
            var name = AskOptions.NameOf(way);
            var place = Path.Combine(folder, name);
            var answers = ask.AskAltered(parsed, AnswerCommand.QuestionsOf(benchmark.Asked!, sources, folder), way, place, screen, stop);
            var outcomes = benchmark.Score(sources with { Paths = new Dictionary<string, string>(sources.Paths) { [benchmark.Asked!.Answers] = answers } }).Outcomes;
            OutcomeFile.Write(Path.Combine(place, OutcomeFile.FileName), outcomes);
            models.Add(new ComparedModel(name, [outcomes]));
        }

        return new ComparedAnswers(OutcomeComparison.Of(models, whole.Metrics.Any(m => m.Name == Accuracy) ? [Accuracy] : []), AsTheyWere);
    }
}
