using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Tests.Scoring;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Whoever reads scores beside a corpus holds each sample to all that its scores saw.</summary>
public sealed class ScoredTextTests
{
    private static readonly TokenScores Scores = ScoreRows.Scored(0, [-1f], [-2f]);

    [Theory]
    [InlineData("other", "conversation0", "context0", "other answers")]
    [InlineData("text0", "other", "context0", "another question or instructions")]
    [InlineData("text0", null, "context0", "another question or instructions")]
    [InlineData("text0", "conversation0", "other", "other places of its images")]
    [InlineData("text0", "conversation0", "context0", null)]
    public void The_text_the_conversation_and_the_context_are_compared(string text, string? conversation, string context, string? mismatch)
    {
        var now = Tokens(text, conversation, context);
        Assert.Equal(mismatch is not null, Scores.Mismatch(now) is { } found && found.Contains(mismatch!, StringComparison.Ordinal));
        var sample = new Sample(Scores.Key, null, [], []);
        ScoredExamples Examples() => new(new TinyCorpus(1), _ => now, null, [], pixelated: false);
        if (mismatch is null)
        {
            Assert.Same(now, Examples().Tokens(sample, Scores));
            return;
        }

        Assert.Contains(mismatch, Assert.Throws<InvalidInputException>(() => Examples().Tokens(sample, Scores)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_scores_did_not_see_is_not_compared()
    {
        var prior = Scores with { ContextFingerprint = null };
        Assert.Null(prior.Mismatch(Tokens("text0", "conversation0", "other")));
        Assert.Null((prior with { ConversationFingerprint = null }).Mismatch(Tokens("text0", "other", "other")));
    }

    [Fact]
    public void Questions_are_shown_beside_the_scores_that_saw_them_and_no_others()
    {
        using var folder = new TemporaryFolder();
        SceneTokenizer.Write(folder.File("model"));
        var stage = new ScorePriorStage { Models = [folder.File("model")], Data = [new DataSource { File = folder.File("data.json") }] };
        Write("is there a circle ?");
        var sample = ScoringCorpus.Open(stage.Data, stage.Models[0], CorpusView.TextOnly, stage.Template, new InvalidRecords(0));
        var tokens = sample.Encoder.Encode(Assert.Single(sample.Corpus.Samples));
        using (var store = ScoreStoreWriter.Open(folder.File("scores"), ScoreRows.Provenance))
        {
            store.WriteTokens([.. Enumerable.Range(0, sample.Tokenizer.VocabSize).Select(i => $"t{i}")]);
            store.WriteShard(0, [new TokenScores
            {
                Key = tokens.Key,
                TextFingerprint = tokens.TextFingerprint,
                ConversationFingerprint = tokens.ConversationFingerprint,
                HasImage = false,
                TargetIds = tokens.TargetIds(),
                EndTargets = tokens.EndTargets,
                LogProbs = new Dictionary<string, float[]> { [Conditions.TextOnlyReference] = [.. tokens.TargetIndices.Select(_ => -1f)] },
            }]);
            store.Complete();
        }

        new StageManifest { Kind = stage.Kind, Config = StageRunner.ToJson(stage), Inputs = [], NumThreads = 1, Versions = [] }.Write(folder.File("scores"));
        Assert.Equal(["is there a circle ?"], Shown().Questions!);
        Write("is there a square ?");
        Assert.Null(Shown().Questions);
        Assert.Contains("not what was scored (another question", Shown().NoQuestions, StringComparison.Ordinal);

        SampleView Shown() => SampleView.Find(ScoreStoreReader.Open(folder.File("scores")), null, 0).WithQuestions(folder.File("scores"));
        void Write(string question) => File.WriteAllText(folder.File("data.json"),
            $$"""[{"conversations": [{"from": "human", "value": "{{question}}"}, {"from": "gpt", "value": "yes ."}]}]""");
    }

    private static TokenizedSample Tokens(string text, string? conversation, string context) => new()
    {
        Key = Scores.Key,
        InputIds = [1, 2],
        TargetIndices = [1],
        EndTargets = [0],
        TargetSpans = [new TargetSpan(0, 0, 0)],
        Images = [],
        TextFingerprint = text,
        ConversationFingerprint = conversation,
        ContextFingerprint = context,
    };
}
