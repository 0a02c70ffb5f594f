using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Tests.Store;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Selection;

/// <summary>Thresholds on tokens, excess loss between stores, products of methods, and weights written row by row.</summary>
public sealed class MoreMethodsTests : IDisposable
{
    private const string Reference = "reference:image";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Property]
    public Property The_rank_th_largest_is_what_sorting_gives(NonEmptyArray<double> numbers, byte rank)
    {
        var finite = numbers.Get.Select(n => double.IsFinite(n) ? n : 0).ToArray();
        var wanted = 1 + (rank % finite.Length);
        var sorted = finite.OrderDescending().ElementAt(wanted - 1);
        return (OrderStatistic.Largest(finite, finite.Length, wanted) == sorted).Label($"{wanted} of {string.Join(' ', finite)}");
    }

    [Fact]
    public void A_threshold_on_tokens_of_its_own_cuts_tokens_and_not_samples()
    {
        // Gains {2, 0, 1}, {0, 0.5, -2} and {3, 0, 0}; the last of each is an end token.
        TokenScores[] corpus = [ScoreRows.Scored(0, [-1f, -1f, -1f], [-3f, -1f, -2f]), ScoreRows.Scored(1, [-1f, -1f, -3f], [-1f, -1.5f, -1f]),
            ScoreRows.Scored(2, [-1f, -1f, -1f], [-4f, -1f, -1f])];
        var byShare = new VigSelector(new VigOptions { Percent = 100, TokenPercent = 25, StrictPaper = true }).Apply(corpus);
        Assert.Equal(3, byShare.Report.Kept);
        Assert.Equal(1, byShare.Report.TokenTau); // the ceil(0.25 * 9) = 3rd of 3, 2, 1, 0.5, 0, ...
        Assert.Equal(3, byShare.Report.SupervisedTokens);
        var byNats = new VigSelector(new VigOptions { Percent = 100, TokenTau = 1.5, StrictPaper = true }).Apply(corpus);
        Assert.Equal(2, byNats.Report.SupervisedTokens);
        var shared = new VigSelector(new VigOptions { Percent = 50 }).Apply(corpus);
        Assert.Equal(shared.Report.Tau, shared.Report.TokenTau);
        Assert.Throws<UsageException>(() => new VigSelector(new VigOptions { TokenPercent = 5, TokenTau = 1 }));
        Assert.Throws<UsageException>(() => new VigSelector(new VigOptions { TokenPercent = 101 }));
    }

    [Fact]
    public void Excess_loss_keeps_the_tokens_that_the_reference_finds_easier()
    {
        TokenScores[] model = [ScoreRows.Scored(0, [-5f, -1f, -2f, -1f], [-1f, -1f, -1f, -1f]), ScoreRows.TextOnly(1, 2)];
        TokenScores[] reference = [ScoreRows.Scored(0, [-1f, -1f, -4f, -3f], [-9f, -9f, -9f, -9f]), ScoreRows.TextOnly(1, 2)];
        var joined = ScoreJoin.Join(model, reference, [Conditions.Image], "reference:").ToList();
        var selected = new ExcessLossSelector(new ExcessLossOptions { Percent = 50, Model = Conditions.Image, Reference = Reference }).Apply(joined);

        // Excess 4, 0, -2, -2: the two highest, and the end token.
        Assert.Equal([1f, 1f, 0f, 1f], selected.Weights[0].Weights!);
        Assert.Equal(0, selected.Report.TokenTau);
        Assert.Equal(SelectionStatus.TextOnly, selected.Weights[1].Status);
        var same = new ExcessLossSelector(new ExcessLossOptions { Model = Conditions.Image, Reference = Conditions.Image });
        Assert.Throws<UsageException>(() => same.Apply(joined));
    }

    [Fact]
    public void A_product_drops_what_one_method_drops_and_multiplies_weights()
    {
        TokenScores[] corpus =
        [
            With(ScoreRows.Scored(0, [-1f, -1f, -1f], [-3f, -1f, -2f]), [MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.25f)]),
            With(ScoreRows.Scored(1, [-1f, -1f, -3f], [-1f, -1.5f, -1f]), [-1f, -1f, -1f]),
            ScoreRows.TextOnly(2, 2),
        ];
        var product = new ProductSelector([new PriorSelector(), new VigSelector(new VigOptions { Percent = 50 })]).Apply(corpus);
        Assert.Equal([SelectionStatus.Kept, SelectionStatus.Dropped, SelectionStatus.TextOnly], product.Weights.Select(w => w.Status));

        // PRIOR's 0.5, 0.75, 0.75 scaled to 3 is 0.75, 1.125, 1.125; VIG masks the middle one. Float32 weights.
        Assert.Equal(WeightNormalization.None, product.Normalization);
        Assert.Equal([0.75f, 0f, 1.125f], product.Weights[0].Weights!.Select(w => MathF.Round(w, 6)));
        Assert.Equal("prior*vig", product.Metadata["method"]);
        Assert.Equal("50", product.Metadata["factor1.percent"]);

        // Where the other method only keeps and drops, weights stay as PRIOR means them: scaled after truncation.
        var samples = new ProductSelector([new PriorSelector(), new VigSelector(new VigOptions { Percent = 50, Scope = VigScope.SampleOnly })]).Apply(corpus);
        Assert.Equal(WeightNormalization.TargetCount, samples.Normalization);
        Assert.Equal(new PriorSelector().Apply(corpus).Weights[0].Weights, samples.Weights[0].Weights);
        Assert.Throws<UsageException>(() => new ProductSelector([new UniformSelector()]));
    }

    [Fact]
    public void Weights_written_row_by_row_are_those_held_in_memory()
    {
        TokenScores[] corpus = [.. ScoreRows.Several(0, 40), ScoreRows.Invalid(40, "image_cut")];
        ISelector[] methods = [new UniformSelector(), new VigSelector(new VigOptions()), new RandomTokenSelector(3, 60), new RandomSampleSelector(3, 11)];
        foreach (var method in methods)
        {
            var inMemory = method.Apply(corpus);
            var path = _folder.File("weights.parquet");
            Assert.Equal(inMemory.Report, method.WriteWeights(corpus, path, new Dictionary<string, string> { ["scores[0].model"] = "m" }));
            Assert.Equal(inMemory.Report, method.Count(corpus));
            var file = WeightsFile.Read(path);
            Assert.Equal(inMemory.Weights.Select(Text), file.Rows.Select(Text));
            Assert.Equal(inMemory.Metadata.Append(new("scores[0].model", "m")).OrderBy(p => p.Key, StringComparer.Ordinal),
                file.Metadata.OrderBy(p => p.Key, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Weights_that_saw_a_context_are_refused_in_another_and_those_of_the_text_alone_are_not()
    {
        TokenScores[] corpus = [With(ScoreRows.Scored(0, [-1f, -1f, -1f], [-3f, -1f, -2f]), [-1f, -1f, -1f])];
        Assert.Equal(("context0", "image0"), Marks(new VigSelector(new VigOptions()).Apply(corpus)));
        Assert.Equal((null, null), Marks(new PriorSelector().Apply(corpus)));
        Assert.Equal((null, null), Marks(new UniformSelector().Apply(corpus)));
    }

    private static (string?, string?) Marks(SelectionResult result) => (result.Weights[0].ContextFingerprint, result.Weights[0].ImageHash);

    private static string Text(TokenWeights row) =>
        $"{row.Key} {row.TextFingerprint} {row.ContextFingerprint} {row.ImageHash} {row.Status} {row.Reason} {(row.Weights is { } w ? string.Join(' ', w) : "one each")}";

    private static TokenScores With(TokenScores row, float[] reference) =>
        row with { LogProbs = new Dictionary<string, float[]>(row.LogProbs) { [Conditions.TextOnlyReference] = reference } };
}
