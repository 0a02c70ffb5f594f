using System.Text.Json.Nodes;
using Fovea.Core.Scores;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Scenes;
using Fovea.Store;

namespace Fovea.Cli.Stages;

/// <summary>Token scores of held-out captions by word class: means, and how well each score finds the words that need the image.</summary>
internal sealed record TokenScoresStage : IStage
{
    /// <summary>VIG store.</summary>
    public required string Vig { get; init; }

    /// <summary>PRIOR store of the same captions.</summary>
    public required string Prior { get; init; }

    /// <summary>Folder of the scenes, for their annotations.</summary>
    public required string Scenes { get; init; }

    /// <summary>Folder of a tokenizer.</summary>
    public required string Tokenizer { get; init; }

    /// <inheritdoc/>
    public string Kind => "token_scores";

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs() => InputHashes.Of(EvalStages.Stores(("vig", Vig), ("prior", Prior)));

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        var annotations = SceneAnnotations.Load(Scenes);
        var data = new DataSource { File = Path.Combine(Scenes, SceneWorld.CaptionsFile) };
        var samples = TokenizedCorpus.Open([data], Tokenizer, CorpusView.TextOnly).Samples.ToDictionary(s => s.Key);
        var rows = ScoreJoin.Join(ScoreStoreReader.Open(Vig).Read(), ScoreStoreReader.Open(Prior).Read()).Where(s => s.LogProbs.Count > 0)
            .Select(s => new ClassifiedScores(s, [.. samples[s.Key].TargetSpans.Select(t => annotations.ClassOf(s.Key, t)?.ToString().ToLowerInvariant())])).ToArray();
        var visionless = rows[0].Scores.LogProbs.Keys.Where(c => c != Conditions.Image);
        var result = TokenScoreAnalysis.Evaluate(rows,
            [.. visionless.Select(c => TokenScore.Difference(Conditions.Image, c)), TokenScore.Surprise(Conditions.TextOnlyReference)]);
        EvalResultFile.Write(Path.Combine(context.Out, "token_scores.result.json"), result);
        return EvalStages.Values(result);
    }
}
