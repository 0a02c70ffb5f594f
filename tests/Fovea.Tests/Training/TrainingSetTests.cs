using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Torch;
using Fovea.Training.Examples;
using Xunit;

namespace Fovea.Tests.Training;

public sealed class TrainingSetTests
{
    public TrainingSetTests() => TorchRuntime.Start(1);

    [Fact]
    public void Dropped_and_invalid_rows_are_left_out_and_counted()
    {
        var samples = Small.Samples(4);
        var set = Small.Join(samples,
        [
            Small.Row(samples[0], new float[samples[0].TargetIndices.Length]),
            Small.Row(samples[1], null, SelectionStatus.Dropped),
            Small.Row(samples[2], null, SelectionStatus.TextOnly),
            Small.Row(samples[3], null, SelectionStatus.Invalid, "image_cut: too long"),
        ]);
        Assert.Equal((2, 1, 1), (set.Count, set.Dropped, set.TextOnly));
        Assert.Equal("image_cut: too long", Assert.Single(set.Invalid).Reason);
        Assert.Null(set.Examples[1].Weights);
    }

    [Fact]
    public void A_sample_without_a_row_is_an_error()
    {
        var samples = Small.Samples(2);
        var e = Assert.Throws<InvalidInputException>(() => Small.Join(samples, [Small.Row(samples[0], null)]));
        Assert.Equal((samples[1].Key.Source, 1), (e.File, e.Record));
    }

    [Fact]
    public void Weights_of_another_tokenization_are_an_error()
    {
        var sample = Small.Samples(1)[0];
        var other = Small.Row(sample, null) with { TextFingerprint = "other" };
        Assert.Contains("fingerprint", Assert.Throws<InvalidInputException>(() => Small.Join([sample], [other])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_saw_other_images_are_an_error_even_of_a_sample_that_selection_dropped()
    {
        var samples = Small.Samples(2, images: true);
        var rows = samples.Select(
            (s, i) => Small.Row(s, null, i == 0 ? SelectionStatus.Dropped : SelectionStatus.TextOnly) with { ImageHash = i == 0 ? "then" : null }).ToArray();
        Assert.Equal(1, Small.Join(samples, rows, imageHash: _ => "then").Dropped);
        var e = Assert.Throws<InvalidInputException>(() => Small.Join(samples, rows, imageHash: _ => "now"));
        Assert.Contains("expected image hash then, got now", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_number_are_an_error()
    {
        var sample = Small.Samples(1)[0];
        var e = Assert.Throws<InvalidInputException>(() => Small.Join([sample], [Small.Row(sample, new float[sample.TargetIndices.Length + 1])]));
        Assert.Contains($"expected {sample.TargetIndices.Length} weights", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_with_nothing_left_is_an_error()
    {
        var sample = Small.Samples(1)[0];
        var e = Assert.Throws<FoveaException>(() => Small.Join([sample], [Small.Row(sample, null, SelectionStatus.Dropped)]));
        Assert.Contains("1 dropped", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_given_twice_is_an_error()
    {
        var sample = Small.Samples(1)[0];
        Assert.Throws<InvalidInputException>(() => TrainingSet.Unweighted([sample, sample]));
    }

    [Fact]
    public void Weights_are_normalised_after_truncation()
    {
        using var model = Small.Text();
        var sample = Small.Samples(1)[0];
        var raw = sample.TargetIndices.Select((_, i) => i + 1f).ToArray();
        var prepared = new SamplePreparer(model, null, maxLength: 5, WeightNormalization.TargetCount).Prepare(new TrainingExample(sample, raw), out _);
        Assert.Equal([3 * 1 / 6f, 3 * 2 / 6f, 3 * 3 / 6f], prepared!.Weights); // targets 2, 3 and 4 are left
    }

    [Fact]
    public void A_target_that_nothing_precedes_is_not_predicted_from_the_end_of_the_sample_before()
    {
        using var model = Small.Text();
        var sample = Small.Samples(1)[0];
        var first = sample with { TargetIndices = [0, .. sample.TargetIndices] };
        Assert.Null(new SamplePreparer(model, null, maxLength: null, WeightNormalization.None).Prepare(new TrainingExample(first, null), out var fault));
        Assert.Contains("no_context", fault!.Error.Message, StringComparison.Ordinal);
        Assert.False(fault.IsByLength);
    }

    [Fact]
    public void Fingerprints_tell_weights_and_data_apart()
    {
        var samples = Small.Samples(2);
        float[] first = [.. samples[0].TargetIndices.Select(_ => 0.5f)];
        var set = Small.Join(samples, [Small.Row(samples[0], first), Small.Row(samples[1], null)]);
        first[2] = 0.25f;
        var changed = Small.Join(samples, [Small.Row(samples[0], first), Small.Row(samples[1], null)]);
        Assert.NotEqual(set.WeightsFingerprint, changed.WeightsFingerprint);
        Assert.Equal(set.DataFingerprint, changed.DataFingerprint);
        Assert.Equal("none", TrainingSet.Unweighted(samples).WeightsFingerprint);
        Assert.NotEqual(set.DataFingerprint, TrainingSet.Unweighted(Small.Samples(2, seed: 9)).DataFingerprint);
    }
}
