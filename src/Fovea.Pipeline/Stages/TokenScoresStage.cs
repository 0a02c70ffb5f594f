using System.Text.Json.Serialization;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Scenes;
using Fovea.Store;

namespace Fovea.Pipeline.Stages;

/// <summary>Token scores of held-out captions or dialogues by word class: means, and how well each score finds the words that need the image.</summary>
public sealed record TokenScoresStage : IStage
{
    /// <summary>VIG store.</summary>
    [InputPath]
    public required string Vig { get; init; }

    /// <summary>PRIOR store of the same records.</summary>
    [InputPath]
    public required string Prior { get; init; }

    /// <summary>Folder of the scenes, for their annotations.</summary>
    [InputPath]
    public required string Scenes { get; init; }

    /// <summary>Folder of a tokenizer.</summary>
    [InputPath]
    public required string Tokenizer { get; init; }

    /// <summary>Whether the scenes' dialogues were scored, and not their captions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Dialogues { get; init; }

    public string Kind => "token_scores";

    public SortedDictionary<string, string> HashInputs(InputHasher hasher) =>
        new InputHashes(hasher).Store("vig", Vig).Store("prior", Prior).Tokenizer(Tokenizer).Scenes("scenes", Scenes, images: false).ByRole;

    public JsonObject Run(StageContext context)
    {
        var annotations = SceneAnnotations.Load(Scenes);
        var data = new DataSource { File = Path.Combine(Scenes, Dialogues ? SceneWorld.DialoguesFile : SceneWorld.CaptionsFile) };
        var corpus = TokenizedCorpus.Open([data], Tokenizer, CorpusView.Image, stop: context.Stop);
        var rows = JoinedStores.ReadBeside(corpus.Samples, Vig, Prior).Where(s => s.LogProbs.Count > 0).ToArray();
        var visionless = rows[0].LogProbs.Keys.Where(c => c != Conditions.Image);
        var result = SceneTokenScores.Evaluate(rows, corpus.Corpus, corpus.Encoder, annotations,
            [.. visionless.Select(c => TokenScore.Difference(Conditions.Image, c)), TokenScore.Surprise(Conditions.TextOnlyReference)]);
        return EvalResults.Write(context, result);
    }
}
