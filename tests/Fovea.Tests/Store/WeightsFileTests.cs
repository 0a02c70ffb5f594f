using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Store;
using Xunit;

namespace Fovea.Tests.Store;

public sealed class WeightsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("weights.parquet");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_normalization_and_metadata_come_back()
    {
        TokenWeights[] rows =
        [
            Row(0, SelectionStatus.Kept, [0.25f, 0f, 1f]), Row(1, SelectionStatus.Dropped, null) with { Reason = "vig below tau" },
            Row(2, SelectionStatus.TextOnly, null), Row(3, SelectionStatus.Invalid, null) with { Reason = "image_cut" },
        ];
        WeightsFile.Write(Path, rows, WeightNormalization.TargetCount, new Dictionary<string, string> { ["tau_nats"] = "0.5" });

        var file = WeightsFile.Read(Path);

        Assert.Equal(WeightNormalization.TargetCount, file.Normalization);
        Assert.Equal("0.5", file.Metadata["tau_nats"]);
        Assert.Equal(rows.Select(r => r with { Weights = null }), file.Rows.Select(r => r with { Weights = null }));
        Assert.Equal(rows.Select(r => r.Weights), file.Rows.Select(r => r.Weights));
    }

    [Fact]
    public void Many_rows_cross_row_groups()
    {
        WeightsFile.Write(Path, Enumerable.Range(0, 5000).Select(i => Row(i, SelectionStatus.Kept, [i])), WeightNormalization.None,
            new Dictionary<string, string>());
        var file = WeightsFile.Read(Path);
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => (float)i), file.Rows.Select(r => r.Weights![0]));
    }

    [Fact]
    public void A_corpus_without_samples_has_a_file_without_rows()
    {
        WeightsFile.Write(Path, [], WeightNormalization.None, new Dictionary<string, string>());
        Assert.Empty(WeightsFile.Read(Path).Rows);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(-1f, "-1")]
    public void A_weight_that_is_no_number_of_at_least_0_is_named_with_file_and_sample(float weight, string shown)
    {
        Write(Row(4, SelectionStatus.Kept, [1f, weight]));
        var error = Assert.Throws<InvalidInputException>(() => WeightsFile.Read(Path).Lookup(Sample(4, "text4", 2)));
        Assert.Equal(Path, error.File);
        Assert.Contains($"#4: weight 1 is {shown};", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_finds_its_weights()
    {
        Write(Row(4, SelectionStatus.Kept, [1f, 0f]));
        Assert.Equal([1f, 0f], WeightsFile.Read(Path).Lookup(Sample(4, "text4", 2)).Weights!);
    }

    [Theory]
    [InlineData(5, "text5", 2, "got none")]
    [InlineData(4, "other", 2, "expected text fingerprint other, got text4")]
    [InlineData(4, "text4", 3, "expected 3 weights, got 2")]
    public void A_sample_that_does_not_agree_is_an_error(int record, string fingerprint, int targets, string says)
    {
        Write(Row(4, SelectionStatus.Kept, [1f, 0f]));
        var error = Assert.Throws<InvalidInputException>(() => WeightsFile.Read(Path).Lookup(Sample(record, fingerprint, targets)));
        Assert.Equal(("data.json", record), (error.File, error.Record));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_hold_for_the_text_alone_that_their_scores_were_conditioned_on()
    {
        Write(Row(4, SelectionStatus.Kept, [1f, 0f]) with { ConversationFingerprint = "asked" });
        Assert.Equal([1f, 0f], WeightsFile.Read(Path).Lookup(Sample(4, "text4", 2) with { ConversationFingerprint = "asked" }).Weights!);
        foreach (var now in new[] { "edited", null })
        {
            var error = Assert.Throws<InvalidInputException>(() => WeightsFile.Read(Path).Lookup(Sample(4, "text4", 2) with { ConversationFingerprint = now }));
            Assert.Equal(("data.json", 4), (error.File, error.Record));
            Assert.Contains($"expected conversation fingerprint {now ?? "none"}, got asked", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("prior", true)]
    [InlineData("vig*prior", true)]
    [InlineData("excess_loss", true)]
    [InlineData("vig", false)]
    [InlineData("random_tokens", false)]
    public void Weights_of_the_text_alone_from_an_earlier_version_are_refused(string method, bool refused)
    {
        WeightsFile.Write(Path, [Row(4, SelectionStatus.Kept, [1f, 0f])], WeightNormalization.None, new Dictionary<string, string> { ["method"] = method });
        var bytes = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(Path));
        Assert.Contains("fovea.weights/2", bytes, StringComparison.Ordinal);
        File.WriteAllBytes(Path, System.Text.Encoding.Latin1.GetBytes(bytes.Replace("fovea.weights/2", "fovea.weights/1", StringComparison.Ordinal)));
        var error = Record.Exception(() => WeightsFile.Read(Path));
        Assert.Equal(refused, error is InvalidInputException e && e.Message.Contains("which question", StringComparison.Ordinal));
        Assert.True(refused || error is null);
    }

    [Fact]
    public void Weights_that_saw_an_image_are_good_for_its_bytes_alone()
    {
        Write(Row(4, SelectionStatus.Kept, [1f, 0f]) with { ImageHash = "seen" }, Row(5, SelectionStatus.Kept, null));
        var (file, sample) = (WeightsFile.Read(Path), Sample(4, "text4", 2) with { Images = ["a/b.png"] });
        Assert.Equal([1f, 0f], file.Lookup(sample, _ => "seen").Weights!);
        foreach (var now in new[] { "another", null })
        {
            var error = Assert.Throws<InvalidInputException>(() => file.Lookup(sample, _ => now));
            Assert.Equal(("data.json", 4), (error.File, error.Record));
            Assert.Contains($"expected image hash seen, got {now ?? "none"}: its image a/b.png changed", error.Message, StringComparison.Ordinal);
        }

        Assert.Null(file.Lookup(Sample(5, "text5", 1), _ => throw new InvalidOperationException("no image is read for weights of the text alone")).Weights);
    }

    [Fact]
    public void A_key_that_stands_twice_is_an_error()
    {
        Write(Row(4, SelectionStatus.Kept, null), Row(4, SelectionStatus.Kept, null));
        Assert.Contains("data.json#4", Assert.Throws<InvalidInputException>(() => WeightsFile.Read(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_or_foreign_file_is_refused_in_one_line()
    {
        Write(Row(4, SelectionStatus.Kept, [1f, 0f]));
        var bytes = File.ReadAllBytes(Path);
        foreach (var torn in new[] { bytes[..^1], bytes[..20], [], "text"u8.ToArray() })
        {
            File.WriteAllBytes(Path, torn);
            Assert.DoesNotContain('\n', Assert.Throws<InvalidInputException>(() => WeightsFile.Read(Path)).Message);
        }

        Assert.Throws<InvalidInputException>(() => WeightsFile.Read(_folder.File("absent")));
    }

    private static TokenWeights Row(int record, SelectionStatus status, float[]? weights) =>
        new(new SampleKey("data.json", record), $"text{record}", status, null, weights);

    private static TokenizedSample Sample(int record, string fingerprint, int targets) => new()
    {
        Key = new SampleKey("data.json", record),
        InputIds = new int[targets + 1],
        TargetIndices = [.. Enumerable.Range(1, targets)],
        EndTargets = [],
        TargetSpans = new TargetSpan[targets],
        Images = [],
        TextFingerprint = fingerprint,
        ContextFingerprint = "",
    };

    private void Write(params TokenWeights[] rows) => WeightsFile.Write(Path, rows, WeightNormalization.None, new Dictionary<string, string>());
}
