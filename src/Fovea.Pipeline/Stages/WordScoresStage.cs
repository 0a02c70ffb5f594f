using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Evaluation.Captions;
using Fovea.Evaluation.Results;
using Fovea.Scoring.Proxies;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

/// <summary>Which words light up, and mean VIG of train against held-out photographs.</summary>
public sealed record WordScoresStage : IStage
{
    private const int NumWords = 15;

    /// <summary>VIG store of the training captions.</summary>
    [InputPath]
    public required string VigTrain { get; init; }

    /// <summary>VIG store of the held-out captions.</summary>
    [InputPath]
    public required string VigHeldOut { get; init; }

    /// <summary>PRIOR store of the training captions.</summary>
    [InputPath]
    public required string PriorTrain { get; init; }

    /// <summary>PRIOR store of the held-out captions.</summary>
    [InputPath]
    public required string PriorHeldOut { get; init; }

    /// <summary>The scoring model, for its tokenizer.</summary>
    [InputPath]
    public required string Model { get; init; }

    /// <summary>Training captions.</summary>
    public required IReadOnlyList<DataSource> Train { get; init; }

    /// <summary>Held-out captions.</summary>
    public required IReadOnlyList<DataSource> HeldOut { get; init; }

    /// <summary>The visionless condition, or its proxy.</summary>
    public required string Against { get; init; }

    /// <summary>Words that stand less often are not listed.</summary>
    public int MinWordCount { get; init; } = 8;

    public string Kind => "word_scores";

    private string Condition => VisionlessProxy.ConditionOf(Against);

    public void Check()
    {
        if (MinWordCount < 1)
        {
            throw new FoveaException($"'min_word_count': expected at least 1, got {MinWordCount}");
        }
    }

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Store("vig_train", VigTrain).Store("vig_held_out", VigHeldOut).Store("prior_train", PriorTrain)
            .Store("prior_held_out", PriorHeldOut)
            .Tokenizer(Model).Data("train", Train).Data("held_out", HeldOut).ByRole;

    public JsonObject Run(StageContext context)
    {
        var train = Joined(VigTrain, PriorTrain, Train, context.Stop);
        var heldOut = Joined(VigHeldOut, PriorHeldOut, HeldOut, context.Stop);
        foreach (var (name, set) in new[] { ("vig_train", train), ("vig_held_out", heldOut) })
        {
            var scores = set.ToDictionary(s => s.Sample.Key, s => s.Scores);
            EvalResultFile.Write(Path.Combine(context.Out, name + ".result.json"),
                PhotographDifference.Evaluate(name, set.Select(s => s.Sample), scores, Conditions.Image, Condition));
        }

        var words = train.Select(s => ((IReadOnlyList<Word>)WordMerger.Merge(s.Sample, s.Tokens), s.Scores)).ToArray();
        var gains = TopWords.OfDifference(words, Conditions.Image, Condition, MinWordCount);
        var surprise = TopWords.OfSurprise(words, Conditions.TextOnlyReference, MinWordCount).ToDictionary(w => w.Type, w => w.Mean);
        var shown = gains.Count <= 2 * NumWords ? gains : [.. gains.Take(NumWords), .. gains.TakeLast(NumWords)];
        return new JsonObject
        {
            ["words"] = new JsonArray([.. shown.Select(w => new JsonObject
            {
                ["word"] = w.Type, ["vig"] = w.Mean, ["surprise"] = surprise[w.Type], ["count"] = w.Count,
            })]),
        };
    }

    private (Sample Sample, TokenizedSample Tokens, TokenScores Scores)[] Joined(string vig, string prior, IReadOnlyList<DataSource> data,
        CancellationToken stop)
    {
        var corpus = TokenizedCorpus.Open(data, Model, CorpusView.Image, stop: stop);
        var scores = JoinedStores.ReadBeside(corpus.Samples, vig, prior).ToDictionary(s => s.Key);
        return [.. corpus.Corpus.Samples.Zip(corpus.Samples, (sample, tokens) => (sample, tokens, scores[sample.Key]))];
    }
}
