using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Evaluation.Analyses;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

/// <summary>Scores of words by class from a score store and the corpus that was scored; no model is run.</summary>
public sealed record StoredWordsStage : IStage
{
    /// <summary>The store; its corpus and its model's tokenizer must be where they were.</summary>
    [InputPath]
    public required string Scores { get; init; }

    /// <summary>Classes of words: WordNet's <c>index.sense</c>, for parts of speech, or lines <c>word TAB class</c>; absent: the built-in visual lexicon.</summary>
    [InputPath]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Lexicon { get; init; }

    public string Kind => "stored_words";

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) => new InputHashes(hasher).Store("scores", Scores).File("lexicon", Lexicon).ByRole;

    public JsonObject Run(StageContext context)
    {
        var classes = Lexicon is null ? WordClasses.Visual : WordClasses.Read(Lexicon);
        var origin = StoreOrigin.TryOpen(Scores, out var reason) ?? throw new InvalidInputException(Scores, null, $"words are read from the corpus that was scored, which is not there: {reason}");
        var samples = origin.ReadBeside(ScoreStoreReader.Open(Scores).Read(), context.Stop).ToArray();
        return samples.Length == 0 ? throw new InvalidInputException(Scores, null, "holds no scored sample") : EvalResults.Write(context, StoredWords.Evaluate(samples, classes));
    }
}
