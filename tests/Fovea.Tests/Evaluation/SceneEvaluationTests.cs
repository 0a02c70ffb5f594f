using Fovea.Core.Errors;
using Fovea.Core.Results;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Scenes;
using Fovea.Evaluation.Results;
using Fovea.Evaluation.Running;
using Fovea.Evaluation.Scenes;
using Fovea.Models.Initialisation;
using Fovea.Tests.Scenes;
using Fovea.Torch;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class SceneEvaluationTests : IDisposable
{
    private static readonly SceneSpec Spec = new() { NumScenes = 24, Split = "test" };
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-scenes").FullName;

    public SceneEvaluationTests() => TorchRuntime.Start(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SceneData Data(SceneSpec spec)
    {
        SceneCorpusWriter.Write(spec, _folder, new SilentProgress());
        return new SceneData(SceneCorpus.Captions(spec), SceneCorpus.Dialogues(spec), SceneAnnotations.Load(_folder));
    }

    private static Prediction[] Gold(ICorpus corpus) =>
        [.. from s in corpus.Samples from t in Enumerable.Range(0, s.Turns.Count) where s.Turns[t].Role == Role.Assistant select new Prediction(s.Key,
            t, s.Turns[t].Text)];

    private static double Value(EvalResult result, string name) => result.Metrics.Single(m => m.Name == name).Value;

    [Fact]
    public void The_gold_texts_are_without_fault()
    {
        var data = Data(Spec);
        var captions = SceneEvaluation.ScoreCaptions(data, Gold(data.Captions!));
        Assert.All((string[])["chair_i", "chair_s", "attribute_error", "relation_error", "background_error", "count_error"],
            m => Assert.Equal(0, Value(captions, m)));
        Assert.Equal(1, Value(captions, "recall"));
        Assert.Equal(24, captions.Metrics.Single(m => m.Name == "chair_s").Count);
        var answers = SceneEvaluation.ScoreAnswers(data, Gold(data.Dialogues!));
        Assert.Equal(1, Value(answers, "qa_accuracy"));
        Assert.Equal(1, Value(answers, "pope_f1"));
        Assert.Contains(answers.Metrics, m => m.Name == "qa_accuracy/text_only" && m.Count > 0);
        Assert.All(captions.Metrics.Concat(answers.Metrics), m => Assert.Equal(24, m.Denominators.Length));
    }

    [Fact]
    public void Captions_of_other_scenes_hallucinate()
    {
        var data = Data(Spec);
        var gold = Gold(data.Captions!);
        var moved = gold.Select((p, i) => p with { Text = gold[(i + 1) % gold.Length].Text }).ToArray();
        var result = SceneEvaluation.ScoreCaptions(data, moved);
        Assert.True(Value(result, "chair_i") > 0.2);
        Assert.True(Value(result, "attribute_error/colour") > 0.2);
        Assert.True(Value(result, "recall") < 0.8);
    }

    [Fact]
    public void A_missing_prediction_is_named()
    {
        var data = Data(Spec);
        var error = Assert.Throws<FoveaException>(() => SceneEvaluation.ScoreCaptions(data, Gold(data.Captions!)[..5]));
        Assert.Contains("captions.json#5", error.Message, StringComparison.Ordinal);
        var five = new SceneEvaluationOptions { MaxScenes = 5 };
        Assert.Equal(5, SceneEvaluation.ScoreCaptions(data, Gold(data.Captions!)[..5], five).Metrics[0].Numerators.Length);
        Assert.Throws<FoveaException>(() => SceneEvaluation.ScoreAnswers(data with { Dialogues = null }, []));
    }

    [Fact]
    public void Metrics_of_a_conflict_set_say_so()
    {
        var result = SceneEvaluation.ScoreCaptions(Data(Spec with { Conflict = true }), Gold(SceneCorpus.Captions(Spec with { Conflict = true })));
        Assert.Equal("scene_captions_conflict", result.Evaluation);
        Assert.Equal(0, Value(result, "conflict/chair_i"));
    }

    [Fact]
    public void A_new_model_predicts_scores_and_rescores_from_its_file()
    {
        var data = Data(Spec);
        using var model = ModelPresets.Create("tiny-llava", new PresetVocabulary(WordEncoder.VocabSize, ImageTokenId: WordEncoder.ImageId), seed: 1);
        var subject = new ModelUnderTest(model, new WordEncoder(), new UnitProcessor(), 8);
        var options = new SceneEvaluationOptions { MaxScenes = 6, MaxCaptionTokens = 8, MaxAnswerTokens = 4 };
        var cancel = TestContext.Current.CancellationToken;

        var gold = SceneEvaluation.ScoreGold(subject, data, options);
        // New weights know nothing: each list's words are nearly as likely as each other.
        Assert.InRange(Value(gold, "restricted_nll/colour"), Math.Log(6) - 0.2, Math.Log(6) + 0.2);
        Assert.InRange(Value(gold, "nll/colour"), Math.Log(WordEncoder.VocabSize) - 0.3, Math.Log(WordEncoder.VocabSize) + 0.3);
        Assert.Equal(
            data.Captions!.Samples.Take(6).Sum(s => data.Annotations.SpansOf(s.Key).Count(x => x.Class == TokenClass.Position)),
            gold.Metrics.Single(m => m.Name == "restricted_accuracy/position").Count);

        var captions = SceneEvaluation.PredictCaptions(subject, data, options, cancel: cancel);
        var answers = SceneEvaluation.PredictAnswers(subject, data, options, cancel: cancel);
        Assert.Equal(6, captions.Count);
        Assert.Equal(data.Dialogues!.Samples.Take(6).Sum(s => data.Annotations.QuestionsOf(s.Key).Count(q => q.Gold is not null)), answers.Count);
        PredictionFile.Write(Path.Combine(_folder, "answers.jsonl"), answers);
        var again = SceneEvaluation.ScoreAnswers(data, PredictionFile.Read(Path.Combine(_folder, "answers.jsonl")), options);
        Assert.Equal(Value(SceneEvaluation.ScoreAnswers(data, answers, options), "qa_accuracy"), Value(again, "qa_accuracy"));
    }

    [Fact]
    public void Stored_scores_are_sorted_by_the_class_of_their_words()
    {
        var data = Data(Spec);
        var encoder = new WordEncoder();
        var store = data.Captions!.Samples.Select(s =>
        {
            var tokens = encoder.Encode(s);
            // Grounded words are 3 nats likelier with the image, all others as likely.
            var gain = tokens.TargetSpans.Select(x => data.Annotations.ClassOf(s.Key, x) is TokenClass.Colour or TokenClass.Shape or TokenClass.Position
                or TokenClass.Size or TokenClass.Background ? -4f : -1f).ToArray();
            return new TokenScores
            {
                Key = s.Key,
                TextFingerprint = tokens.TextFingerprint,
                HasImage = true,
                TargetIds = tokens.TargetIds(),
                EndTargets = tokens.EndTargets,
                LogProbs = new Dictionary<string, float[]> { ["image"] = [.. gain.Select(_ => -1f)], ["visionless:blur"] = gain },
            };
        }).ToArray();
        var result = SceneTokenScores.Evaluate(store, data.Captions!, encoder, data.Annotations, [TokenScore.Difference("image", "visionless:blur")]);
        Assert.Equal(1, Value(result, "auc/image-visionless:blur"), 12);
        Assert.Equal(3, Value(result, "mean/image-visionless:blur/colour"), 6);
        Assert.Equal(0, Value(result, "mean/image-visionless:blur/filler"), 6);
        var altered = store[0] with { TextFingerprint = "other" };
        Assert.Throws<FoveaException>(() => SceneTokenScores.Evaluate([altered], data.Captions!, encoder, data.Annotations, []));
        var stranger = store[0] with { Key = new SampleKey("x.json", 0) };
        Assert.Throws<FoveaException>(() => SceneTokenScores.Evaluate([stranger], data.Captions!, encoder, data.Annotations, []));
    }
}
