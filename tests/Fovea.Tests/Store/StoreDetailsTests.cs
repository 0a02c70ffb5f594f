using Fovea.Core.Errors;
using Fovea.Core.Scores;
using Fovea.Store;
using Xunit;

namespace Fovea.Tests.Store;

public sealed class StoreDetailsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Top_one_flags_and_entropies_are_stored_beside_the_log_probabilities_they_belong_to()
    {
        var row = ScoreRows.Scored(0, [-1f, -2f, float.NaN], [-1f, -1f, float.NaN]) with
        {
            TopOne = new Dictionary<string, bool[]> { [Conditions.Image] = [true, false, false] },
            Entropy = new Dictionary<string, float[]> { [Conditions.Image] = [0.5f, 0f, float.NaN] },
            Logits = new Dictionary<string, float[]> { [Conditions.Image] = [-3f, 9f, float.NaN] },
            Divergence = new Dictionary<string, float[]> { ["visionless:blur"] = [0f, 2f, float.NaN] },
        };
        Write(row, ScoreRows.TextOnly(1, 2));
        var rows = ScoreStoreReader.Open(_folder.Path).Read().ToList();
        Assert.Equal([true, false, false], rows[0].TopOne[Conditions.Image]);
        Assert.Equal([0.5f, 0f, float.NaN], rows[0].Entropy[Conditions.Image]);
        Assert.Equal([-3f, 9f, float.NaN], rows[0].Logits[Conditions.Image]);
        Assert.Equal([0f, 2f, float.NaN], rows[0].Divergence["visionless:blur"]);
        Assert.Empty(rows[1].TopOne);
        Assert.Equal([Conditions.Image], ScoreStoreReader.Open(_folder.Path).ReadAhead([Conditions.Image]).First().LogProbs.Keys);
    }

    [Fact]
    public void Details_that_fit_no_target_are_refused()
    {
        using var store = Open();
        var scored = ScoreRows.Scored(0, [-1f, -2f], [-1f, -1f]);
        TokenScores[] wrong =
        [
            scored with { TopOne = new Dictionary<string, bool[]> { [Conditions.Image] = [true] } },
            scored with { Entropy = new Dictionary<string, float[]> { ["unknown"] = [1f, 1f] } },
            scored with { Entropy = new Dictionary<string, float[]> { [Conditions.Image] = [1f, -1f] } },
            scored with { Divergence = new Dictionary<string, float[]> { [Conditions.Image] = [1f, -1f] } },
            scored with { Logits = new Dictionary<string, float[]> { [Conditions.Image] = [1f, float.PositiveInfinity] } },
        ];
        Assert.All(wrong, w => Assert.Contains("data.json#0", Assert.Throws<FoveaException>(() => store.WriteShard(0, [w])).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_recorded_budget_outlives_the_process_and_holds_for_the_shards_that_follow()
    {
        using (var store = Open())
        {
            Assert.Null(store.BudgetOf(0));
            store.WriteShard(0, [ScoreRows.TextOnly(0, 2)], 4096);
            store.BeginShard(1, 2048);
        }

        using (var store = Open())
        {
            Assert.Equal((4096, 2048, 2048), (store.BudgetOf(0), store.BudgetOf(1), store.BudgetOf(5)));
            Assert.False(store.HasShard(1));
            Assert.Contains("shard-00001", Assert.Throws<FoveaException>(store.Complete).Message, StringComparison.Ordinal);
            store.WriteShard(1, [ScoreRows.TextOnly(1, 2)], 2048);
            store.Complete();
        }

        File.WriteAllText(_folder.File("shard-00001.parquet"), "torn");
        using var damaged = Open();
        Assert.Equal(2048, damaged.BudgetOf(1));
    }

    [Fact]
    public void Texts_of_tokens_are_read_back_and_their_damage_is_named()
    {
        using (var store = Open())
        {
            store.WriteTokens(["<s>", "▁a", "\n"]);
            store.WriteShard(0, [ScoreRows.TextOnly(0, 2)]);
            store.Complete();
        }

        Assert.Equal([(0, "<s>"), (1, "▁a"), (2, "\n")], ScoreStoreReader.Open(_folder.Path).ReadTokens());
        File.WriteAllText(_folder.File("tokens.parquet"), "torn");
        Assert.Contains("tokens.parquet", Assert.Throws<InvalidInputException>(() => ScoreStoreReader.Open(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("tokens.parquet", Assert.Single(ScoreStoreReader.FindDamage(_folder.Path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_summary_counts_every_kind_of_sample()
    {
        Write([.. ScoreRows.Several(0, 9), ScoreRows.Invalid(9, "image_cut")]);
        var summary = StoreSummary.Of(ScoreStoreReader.Open(_folder.Path));
        Assert.Equal((10, 8, 1, 1), (summary.Samples, summary.Scored, summary.TextOnly, summary.Invalid));
        Assert.Equal(8, summary.Conditions[Conditions.Image]);
    }

    [Fact]
    public void An_invalid_sample_is_neither_text_only_nor_has_targets()
    {
        Write(ScoreRows.TextOnly(0, 2), ScoreRows.Invalid(1, "image \"x.png\" not found") with { HasImage = false, TargetIds = [1, 2, 3] });
        var summary = StoreSummary.Of(ScoreStoreReader.Open(_folder.Path));
        Assert.Equal((2, 0, 1, 1, 2L), (summary.Samples, summary.Scored, summary.TextOnly, summary.Invalid, summary.Targets));
        Assert.Equal(1, Assert.Single(summary.InvalidSamples).Key.Record);
    }

    private ScoreStoreWriter Open() => ScoreStoreWriter.Open(_folder.Path, ScoreRows.Provenance);

    private void Write(params TokenScores[] rows)
    {
        using var store = Open();
        store.WriteShard(0, rows);
        store.Complete();
    }
}
