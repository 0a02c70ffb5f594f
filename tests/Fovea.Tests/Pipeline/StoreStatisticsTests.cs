using Fovea.Core.Scores;
using Fovea.Pipeline.Scores;
using Fovea.Selection;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

public sealed class StoreStatisticsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_store_whose_image_helps_says_by_how_much_and_warns_of_nothing()
    {
        var found = Assert.Single(Of([.. Enumerable.Range(0, 20).Select(i => ScoreRows.Scored(i, [-1f, -1f], [-2f, -1.5f - (i * 0.01f)]))]));
        Assert.Equal(0.7975, found.Mean.Value!.Value, 4);
        Assert.InRange(found.Mean.Low!.Value, 0.77, 0.7975);
        Assert.Equal(1, found.AboveZero.Value);
        Assert.Equal(40, found.Bins.Sum(b => b.Count));
        Assert.Empty(found.Warnings());
    }

    [Fact]
    public void A_store_whose_image_is_nothing_worth_warns_of_the_model_and_of_tau()
    {
        var found = Assert.Single(Of([.. Enumerable.Range(0, 20).Select(i => ScoreRows.Scored(i, [-1f, -1f], [i % 2 == 0 ? -1.3f : -0.6f, -1f]))]));
        var warnings = found.Warnings().ToArray();
        Assert.Contains("is not above zero", warnings[0], StringComparison.Ordinal);
        Assert.Contains("does not see", warnings[0], StringComparison.Ordinal);
        Assert.Contains("tau of VIG against blur", warnings[1], StringComparison.Ordinal);
        Assert.Equal(-0.2, found.Tau!.Value, 5);
    }

    [Fact]
    public void Tau_is_that_of_a_selection_also_where_the_length_limit_left_nothing_of_some_samples()
    {
        TokenScores[] rows = [.. Enumerable.Range(0, 10).Select(i => ScoreRows.Scored(i, [i < 2 ? float.NaN : -1f], [i < 2 ? float.NaN : -1f - (0.1f * i)]))];
        var selected = new VigSelector(
            new VigOptions { Percent = StoreStatistics.Percent, Without = Conditions.Visionless("blur"), Scope = VigScope.SampleAndToken }).Count(rows);
        Assert.Equal(selected.Tau!.Value, Assert.Single(Of(rows)).Tau!.Value);
    }

    [Theory]
    [InlineData(0.0264, 0.02, 0.031, "0.026 [0.020, 0.031]")]
    [InlineData(-0.0000214, -0.000049, 0.0000041, "−0.000021 [−0.000049, 0.000004]")]
    [InlineData(-0.0000001, -0.0000002, 0.0000001, "0.000000 [0.000000, 0.000000]")]
    [InlineData(0, null, null, "0.000")]
    public void A_small_mean_has_the_decimals_that_it_needs_and_no_zero_has_a_sign(double value, double? low, double? high, string expected)
    {
        var found = Assert.Single(Of([.. Enumerable.Range(0, 20).Select(i => ScoreRows.Scored(i, [-1f, -1f], [-2f, -1.5f]))]));
        Assert.Equal(expected, (found with { Mean = found.Mean with { Value = value, Low = low, High = high } }).MeanText);
    }

    [Fact]
    public void One_sample_gives_no_interval_and_is_not_called_seeing() =>
        Assert.Contains("too few samples", Assert.Single(Of(ScoreRows.Scored(0, [-1f], [-2f])), s => s.Score.IsVig).Warnings().First(),
            StringComparison.Ordinal);

    [Fact]
    public void Bins_hold_every_value_once_whatever_its_size()
    {
        var histogram = new TokenHistogram();
        double[] values = [-1000, -0.5, -0.001, 0, 0.001, 0.3, 0.31, 2.5, 7, 1e9];
        Array.ForEach(values, histogram.Add);
        var bins = histogram.Bins();
        Assert.Equal(values.Length, bins.Sum(b => b.Count));
        Assert.True(bins.Count <= 12);
        Assert.Null(bins[0].From);
        Assert.Null(bins[^1].To);
        Assert.All(bins.Zip(bins.Skip(1)), p => Assert.Equal(p.First.To, p.Second.From));
        Assert.Empty(new TokenHistogram().Bins());
    }

    [Fact]
    public void Lines_fit_a_terminal_and_end_without_blanks() =>
        Assert.All(Of([.. Enumerable.Range(0, 20).Select(i => ScoreRows.Scored(i, [-1f, -1f], [-2f, -1.5f]))]).SelectMany(StatisticsText.Lines),
            l => Assert.True(l.Length <= 110 && l == l.TrimEnd(), l));

    private IReadOnlyList<ScoreStatistics> Of(params TokenScores[] rows)
    {
        using (var writer = ScoreStoreWriter.Open(_folder.Path, new Dictionary<string, string> { ["model"] = "m" }))
        {
            writer.WriteShard(0, rows);
            writer.Complete();
        }

        return StoreStatistics.Of(ScoreStoreReader.Open(_folder.Path));
    }
}
