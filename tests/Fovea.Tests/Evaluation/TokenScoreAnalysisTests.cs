using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Evaluation.Scenes;
using Xunit;

namespace Fovea.Tests.Evaluation;

public sealed class TokenScoreAnalysisTests
{
    private static ClassifiedScores Scene(int record, string?[] classes, float[] image, float[] reference) => new(
        new TokenScores
        {
            Key = new SampleKey("scenes.json", record),
            TextFingerprint = "",
            HasImage = true,
            TargetIds = new int[classes.Length],
            EndTargets = [],
            LogProbs = new Dictionary<string, float[]> { ["image"] = image, ["text_only_reference"] = reference },
        },
        classes);

    [Fact]
    public void Means_and_AUC_by_hand()
    {
        ClassifiedScores[] scenes =
        [
            Scene(0, ["colour", "filler", "count", "noise", null], [-1, -1, -1, -4, 0], [-4, -1, -9, -5, -50]),
            Scene(1, ["shape", "filler", "noise", "noise"], [-1, -1, -4, -1], [-1.5f, -2, -4, float.NaN]),
        ];
        var result = TokenScoreAnalysis.Evaluate(scenes,
            [TokenScore.Difference("image", "text_only_reference"), TokenScore.Surprise("text_only_reference"), TokenScore.Difference("image", "absent")]);
        double Value(string name) => result.Metrics.Single(m => m.Name == name).Value;

        // Differences: colour 3, shape .5; filler 0, 1; noise 1, 0; count 8 on neither side.
        Assert.Equal(0.5, Value("mean/image-text_only_reference/filler"), 6);
        Assert.Equal(8, Value("mean/image-text_only_reference/count"), 6);
        Assert.Equal(2, result.Metrics.Single(m => m.Name == "mean/image-text_only_reference/noise").Count);
        Assert.Equal(6 / 8.0, Value("auc/image-text_only_reference"), 9);
        Assert.Equal(3 / 4.0, Value("auc_noise/image-text_only_reference"), 9);

        // 1 - p_ref orders by -log p: colour 4, shape 1.5; filler 1, 2; noise 5, 4.
        Assert.Equal((1 + 1 + 0.5 + 1) / 8, Value("auc/1-p_text_only_reference"), 9);
        Assert.Equal(0.5 / 4, Value("auc_noise/1-p_text_only_reference"), 9);
        Assert.Equal(3 / 4.0, Value("auc_filler/1-p_text_only_reference"), 9);
        Assert.DoesNotContain(result.Metrics, m => m.Name.StartsWith("auc_prior_following", StringComparison.Ordinal));
        Assert.Equal(0, result.Metrics.Single(m => m.Name == "auc/image-absent").Count);
        Assert.DoesNotContain(result.Metrics, m => m.Name.StartsWith("mean/image-absent", StringComparison.Ordinal));
    }

    [Fact]
    public void Grounded_words_are_held_against_words_that_follow_the_prior()
    {
        var result = TokenScoreAnalysis.Evaluate([Scene(0, ["colour", "prior_following", "answer", "prior_following"], [-1, -4, -1, -2], [-2, -1, -3, -2])],
            [TokenScore.Difference("image", "text_only_reference"), TokenScore.Surprise("text_only_reference")]);

        // Differences 1, 2 against -3, 0; 1 - p_ref orders by 2, 3 against 1, 2.
        Assert.Equal(1, result.Metrics.Single(m => m.Name == "auc_prior_following/image-text_only_reference").Value);
        Assert.Equal(3.5 / 4, result.Metrics.Single(m => m.Name == "auc_prior_following/1-p_text_only_reference").Value);
        Assert.Equal(-1.5, result.Metrics.Single(m => m.Name == "mean/image-text_only_reference/prior_following").Value);
    }
}
