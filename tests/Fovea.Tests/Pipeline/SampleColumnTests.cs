using System.Text;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Pipeline.Samples;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Tests.Store;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Groups and numbers of samples from files that others made, and selections by them.</summary>
public sealed class SampleColumnTests : IDisposable
{
    private static readonly HashSet<SampleKey> Two = [new("data.json", 0), new("data.json", 1)];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("s.csv", "source,record,score\ndata.json,0,0.5\n\"data.json\",1,\n")]
    [InlineData("s.csv", "record,score\n0,0.5\n1,NaN\n")]
    [InlineData("s.tsv", "source\trecord\tscore\ndata.json\t1\t\ndata.json\t0\t5e-1\n")]
    [InlineData("s.jsonl", "{\"source\": \"data.json\", \"record\": 0, \"score\": 0.5}\n{\"record\": 1, \"source\": \"data.json\", \"score\": null}\n")]
    public async Task Numbers_are_read_from_every_form_and_empty_ones_are_none(string name, string text)
    {
        await File.WriteAllTextAsync(_folder.File(name), text, TestContext.Current.CancellationToken);
        var numbers = new SampleColumn(_folder.File(name), "score").ReadNumbers(Two, TestContext.Current.CancellationToken);
        Assert.Equal([0.5, double.NaN], numbers.OrderBy(n => n.Key.Record).Select(n => n.Value));
    }

    [Fact]
    public async Task Parquet_is_read_with_whatever_whole_numbers_it_has()
    {
        var path = _folder.File("s.parquet");
        await using (var stream = File.Create(path))
        {
            DataField<long> record = new("record");
            DataField<double> score = new("score");
            var stop = TestContext.Current.CancellationToken;
            await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(record, score), stream, cancellationToken: stop);
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<long>(record, new long[] { 0, 1 }, cancellationToken: stop);
            await group.WriteAsync<double>(score, new[] { 1.5, -2 }, cancellationToken: stop);
        }

        var numbers = new SampleColumn(path, "score").ReadNumbers(Two, TestContext.Current.CancellationToken);
        Assert.Equal([1.5, -2], numbers.OrderBy(n => n.Key.Record).Select(n => n.Value));
    }

    [Theory]
    [InlineData("record,score\n0,1\n0,2\n", "record 1: data.json#0 is there twice")]
    [InlineData("source,record,score\ndata.json,0,1\nother.json,1,2\n", "other.json#1 is no sample of the score stores, which hold those of data.json")]
    [InlineData("record,score\n-1,1\n", "expected the index of a record, from 0, got -1")]
    [InlineData("record,score\nx,1\n", "expected the index of a record, from 0, got none")]
    [InlineData("record,score\n0,high\n", "score of data.json#0: expected a number, got 'high'")]
    [InlineData("record,value\n0,1\n", "expected the columns record and score, got record, value")]
    public void What_does_not_fit_the_corpus_is_one_line_by_name(string text, string expected)
    {
        File.WriteAllText(_folder.File("s.csv"), text);
        var error = Assert.Throws<InvalidInputException>(
            () => new SampleColumn(_folder.File("s.csv"), "score").ReadNumbers(Two, TestContext.Current.CancellationToken));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.StartsWith(_folder.File("s.csv"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_form_and_one_cut_short_are_one_line_by_name()
    {
        File.WriteAllText(_folder.File("s.xlsx"), "");
        Assert.Contains(".csv, .tsv, .jsonl or .parquet", Reading("s.xlsx").Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("s.parquet"), "PAR1");
        Assert.DoesNotContain('\n', Reading("s.parquet").Message);
    }

    [Fact]
    public void A_selection_ranks_within_the_groups_of_a_file_and_within_clusters_of_embeddings()
    {
        var store = Store();
        File.WriteAllLines(_folder.File("groups.csv"), ["record,group", .. Enumerable.Range(0, 8).Select(r => $"{r},{(r < 4 ? "a" : "b")}")]);
        var stage = new SelectStage { Scores = [store], Method = "visnec", P = 25, Groups = _folder.File("groups.csv") };
        Assert.Equal([3, 7], Run(stage)); // gains grow with the record

        using (var writer = new BinaryWriter(File.Create(_folder.File("e.npy"))))
        {
            var head = "{'descr': '<f4', 'fortran_order': False, 'shape': (8, 1), }".PadRight(117) + "\n";
            writer.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)head.Length, 0, .. Encoding.ASCII.GetBytes(head)]);
            Array.ForEach([0f, 9, 0, 9, 0, 9, 0, 9], writer.Write);
        }

        Assert.Equal([6, 7], Run(stage with { Groups = null, Embeddings = _folder.File("e.npy"), Clusters = 2 }));
        File.WriteAllLines(_folder.File("scores.jsonl"), Enumerable.Range(0, 8).Select(r => $"{{\"record\": {r}, \"score\": {-r}}}"));
        Assert.Equal([0, 1], Run(new SelectStage { Scores = [store], Method = "sample_scores", P = 25, SampleScores = _folder.File("scores.jsonl") }));
        Assert.Equal(2, Run(new SelectStage { Scores = [store], Method = "random_samples", P = 25, SampleScores = _folder.File("scores.jsonl"), Like = "sample_scores" }).Length);
    }

    [Fact]
    public void A_product_of_a_method_with_itself_and_two_kinds_of_groups_are_refused()
    {
        var twice = new SelectStage { Scores = ["s"], Method = "vig", Times = ["prior", "vig"] };
        Assert.Contains("got vig twice", Assert.Throws<UsageException>(twice.Check).Message, StringComparison.Ordinal);
        var both = new SelectStage { Scores = ["s"], Method = "visnec", Groups = "g", Embeddings = "e" };
        Assert.Contains("expected one of them", Assert.Throws<UsageException>(both.Check).Message, StringComparison.Ordinal);
    }

    private InvalidInputException Reading(string name) => Assert.Throws<InvalidInputException>(
        () => new SampleColumn(_folder.File(name), "score").Read(Two, TestContext.Current.CancellationToken));

    private int[] Run(SelectStage stage)
    {
        var target = _folder.File(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(target);
        stage.Check();
        stage.Run(new StageContext(target, 1, new SilentProgress(), TestContext.Current.CancellationToken));
        return [.. WeightsFile.Read(Path.Combine(target, SelectStage.FileName)).Rows.Where(r => r.Status == SelectionStatus.Kept).Select(r => r.Key.Record)];
    }

    private string Store()
    {
        using var store = ScoreStoreWriter.Open(_folder.File("store"), ScoreRows.Provenance);
        store.WriteTokens([.. Enumerable.Range(0, 40).Select(i => $"t{i}")]);
        store.WriteShard(0, [.. Enumerable.Range(0, 8).Select(r => ScoreRows.Scored(r, [-1f, -1f], [-2f - r, -1f]))]);
        store.Complete();
        return _folder.File("store");
    }
}
