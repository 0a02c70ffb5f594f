using System.Text.Json;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Models.Checkpoints;
using Fovea.Selection;
using Fovea.Store.Export;
using Fovea.Torch;
using Parquet;
using Parquet.Schema;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Store;

public sealed class ExportTests : IDisposable
{
    private const int ImageId = 4;
    private static readonly ExportLayout Layout = new(ImageId, 3, null);
    private readonly TemporaryFolder _folder = new();

    // <s> IMG q a b </s> IMG2-less second turn: targets a, b, </s>.
    private static readonly TokenizedSample Sample = new()
    {
        Key = new SampleKey("data.json", 7),
        InputIds = [1, TokenizedSample.ImagePlaceholder, 10, 20, 21, 2],
        TargetIndices = [3, 4, 5],
        EndTargets = [2],
        TargetSpans = new TargetSpan[3],
        Images = ["a.png"],
        TextFingerprint = "t",
        ContextFingerprint = "c",
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_and_weights_stand_where_the_tokens_are_after_images_are_expanded()
    {
        var row = ExportedSample.Of(Sample, Row([1f, 0f, 1f]), WeightNormalization.None, Layout);
        Assert.Equal("data.json#7", row.Id);
        Assert.Equal([1, ImageId, ImageId, ImageId, 10, 20, 21, 2], row.InputIds);
        Assert.Equal([-100, -100, -100, -100, -100, 20, 21, 2], row.Labels);
        Assert.Equal([0f, 0f, 0f, 0f, 0f, 1f, 0f, 1f], row.LossWeights);
    }

    [Fact]
    public void Weights_are_scaled_to_the_targets_that_truncation_leaves()
    {
        var row = ExportedSample.Of(Sample, Row([1f, 3f, 5f]), WeightNormalization.TargetCount, Layout with { MaxLength = 7 });
        Assert.Equal(7, row.InputIds.Length);
        Assert.Equal([0.5f, 1.5f], row.LossWeights[5..]);
        Assert.Contains("no_target", Assert.Throws<InvalidInputException>(
            () => ExportedSample.Of(Sample, Row(null), WeightNormalization.None, Layout with { MaxLength = 5 })).Message, StringComparison.Ordinal);
        Assert.Contains("image_cut", Assert.Throws<InvalidInputException>(
            () => ExportedSample.Of(Sample, Row(null), WeightNormalization.None, Layout with { MaxLength = 3 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_forms_hold_the_same_rows()
    {
        ExportedSample[] rows = [.. Enumerable.Range(0, 3)
            .Select(i => ExportedSample.Of(Sample with { Id = $"s{i}" }, Row([i, 0.25f, 1f]), WeightNormalization.TargetCount, Layout))];
        Assert.Equal(3, ExportFile.Write(_folder.File("a.jsonl"), rows));
        Assert.Equal(3, ExportFile.Write(_folder.File("a.parquet"), rows));
        Assert.Equal(rows.Select(Text), ReadJsonLines(_folder.File("a.jsonl")).Select(Text));
        await using var reader = await ParquetReader.CreateAsync(_folder.File("a.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["source", "record", "id", "image", "images", "input_ids", "labels", "loss_weights"], reader.Schema.Fields.Select(f => f.Name));
        Assert.Throws<UsageException>(() => ExportFile.Write(_folder.File("a.csv"), rows));
    }

    [Fact]
    public async Task Rows_name_images_source_and_record_since_ids_may_repeat()
    {
        var cancel = TestContext.Current.CancellationToken;
        ExportedSample[] rows =
        [
            ExportedSample.Of(Sample with { Id = "same" }, Row(null), WeightNormalization.None, Layout),
            ExportedSample.Of(Sample with { Id = "same", Key = new SampleKey("data.json", 8), Images = ["b c.png", "ü.png"] }, Row(null),
                WeightNormalization.None, Layout),
            ExportedSample.Of(Sample with { Key = new SampleKey("data.json", 9), Images = [], InputIds = [1, 9, 10, 20, 21, 2] }, Row(null),
                WeightNormalization.None, Layout),
        ];
        ExportFile.Write(_folder.File("a.jsonl"), rows);
        var read = File.ReadLines(_folder.File("a.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["data.json#7 a.png", "data.json#8 b c.png", "data.json#9 "],
            read.Select(r => $"{r.GetProperty("source")}#{r.GetProperty("record")} {r.GetProperty("image")}"));
        Assert.Equal(rows.Select(r => r.Images), ReadJsonLines(_folder.File("a.jsonl")).Select(r => r.Images));

        ExportFile.Write(_folder.File("a.parquet"), rows);
        await using var reader = await ParquetReader.CreateAsync(_folder.File("a.parquet"), cancellationToken: cancel);
        using var group = reader.OpenRowGroupReader(0);
        var item = (DataField)((ListField)reader.Schema.Fields.Single(f => f.Name == "images")).Item;
        var names = new ReadOnlyMemory<char>[4];
        var (definition, repetition) = (new int[4], new int[4]);
        await group.ReadRawAsync<ReadOnlyMemory<char>>(item, names, definition, repetition, cancel);
        Assert.Equal(["a.png", "b c.png", "ü.png"], names.Take(3).Select(n => n.ToString()));
        Assert.Equal([0, 0, 1, 0], repetition);
    }

    [Fact]
    public void By_prediction_a_weight_stands_where_its_token_is_predicted_and_the_last_position_predicts_nothing()
    {
        var row = ExportedSample.Of(Sample, Row([1f, 0f, 0.5f]), WeightNormalization.None, Layout).ByPrediction();
        Assert.Equal([1, ImageId, ImageId, ImageId, 10, 20, 21, 2], row.InputIds);
        Assert.Equal([-100, -100, -100, -100, 20, 21, 2, -100], row.Labels);
        Assert.Equal([0f, 0f, 0f, 0f, 1f, 0f, 0.5f, 0f], row.LossWeights);
        ExportFile.WriteLevanter(_folder.File("levanter.jsonl"), [row]);
        Assert.Equal("""{"source":"data.json","record":7,"input_ids":[1,4,4,4,10,20,21,2],"loss_weights":[0,0,0,0,1,0,0.5,0]}""",
            Assert.Single(File.ReadLines(_folder.File("levanter.jsonl"))));
    }

    [Fact]
    public void Without_weights_every_target_weighs_one_and_one_that_nothing_predicts_is_refused()
    {
        Assert.Equal([1f, 1f, 1f], ExportedSample.Of(Sample, null, WeightNormalization.None, Layout).LossWeights[5..]);
        Assert.Contains("no_context", Assert.Throws<InvalidInputException>(() => ExportedSample.Of(
            Sample with { InputIds = [20, 21], TargetIndices = [0, 1] }, null, WeightNormalization.None, Layout)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(64)]
    public async Task Packed_rows_hold_every_sample_once_in_rows_that_are_not_too_long(int capacity)
    {
        ExportedSample[] samples = [.. Training.Small.Samples(300, seed: 3).Select(s => s with { InputIds = [.. s.InputIds.Take(capacity)],
            TargetIndices = [.. s.TargetIndices.Where(t => t < capacity)] })
            .Select((s, i) => ExportedSample.Of(s, i % 3 == 0 ? null : Row([.. s.TargetIndices.Select(t => t / 16f)]), WeightNormalization.None, Layout))];
        PackedRow[] rows = [.. PackedRow.Pack(samples, capacity)];
        Assert.Equal(samples.Select(Text).Order(StringComparer.Ordinal), rows.SelectMany(r => r.Samples).Select(Text).Order(StringComparer.Ordinal));
        foreach (var row in rows)
        {
            Assert.True(row.InputIds.Length <= capacity);
            Assert.Equal((row.InputIds.Length, row.InputIds.Length, row.InputIds.Length, row.InputIds.Length),
                (row.Lengths.Sum(), row.PositionIds.Length, row.Labels.Length, row.LossWeights.Length));
            Assert.Equal(row.Samples.Count, row.PositionIds.Count(p => p == 0));
            Assert.All(row.PositionIds.Index().Where(p => p.Item == 0), p => Assert.Equal(-100, row.Labels[p.Index])); // the row before predicts none of its tokens
        }

        // No row is so empty that the next one's first sample would have fitted: fewer rows than one a sample where there is room for two.
        Assert.True(capacity < 20 || rows.Length < samples.Length * 3 / 4);
        Assert.Equal(rows.Length, ExportFile.Write(_folder.File("p.jsonl"), rows));
        Assert.Equal(rows.Length, ExportFile.Write(_folder.File("p.parquet"), rows));
        Assert.Equal(rows.Sum(r => r.LossWeights.Sum(w => (double)w)), File.ReadLines(_folder.File("p.jsonl"))
            .Sum(l => JsonDocument.Parse(l).RootElement.GetProperty("loss_weights").EnumerateArray().Sum(w => (double)w.GetSingle())), 6);
        await using var reader = await ParquetReader.CreateAsync(_folder.File("p.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["sources", "records", "images", "seq_lengths", "input_ids", "position_ids", "labels", "loss_weights"],
            reader.Schema.Fields.Select(f => f.Name));
    }

    [Fact]
    public void Conversations_keep_their_turns_and_say_each_answers_tokens_in_code_points()
    {
        var sample = new Sample(Sample.Key, "a", ["x.png"], [new(Role.Human, "<image>\nwhat"), new(Role.Assistant, "\U0001F600 fog")]);
        var tokens = Sample with
        {
            InputIds = [1, TokenizedSample.ImagePlaceholder, 10, 20, 21, 2],
            TargetSpans = [new(1, 0, 2), new(1, 2, 6), new(1, 6, 6)],
        };
        var row = WeightedConversation.Of(sample, tokens, Row([0.5f, 0.25f, 1f]), WeightNormalization.None, Layout);
        Assert.Equal([(20, 0, 1, 0.5f), (21, 1, 5, 0.25f), (2, 5, 5, 1f)], row.Turns[1].Spans.Select(s => (s.TokenId, s.Start, s.End, s.Weight)));
        Assert.Empty(row.Turns[0].Spans);
        Assert.Equal([0.5f, 0.25f, 0f], WeightedConversation.Of(sample, tokens, Row([0.5f, 0.25f, 1f]), WeightNormalization.None,
            Layout with { MaxLength = 7 }).Turns[1].Spans.Select(s => s.Weight));

        ExportFile.Write(_folder.File("c.jsonl"), [row]);
        var read = JsonDocument.Parse(File.ReadAllText(_folder.File("c.jsonl"))).RootElement;
        Assert.Equal(["source", "record", "id", "image", "images", "conversations"], read.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["human", "gpt"], read.GetProperty("conversations").EnumerateArray().Select(t => t.GetProperty("from").GetString()!));
        Assert.Equal("""{"start":1,"end":5,"token_id":21,"weight":0.25}""",
            read.GetProperty("conversations")[1].GetProperty("spans")[1].GetRawText());
        Assert.Contains(".jsonl", Assert.Throws<UsageException>(() => ExportFile.Write(_folder.File("c.parquet"), [row])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truncation_and_expansion_are_those_of_training()
    {
        TorchRuntime.Start(1);
        using var model = Training.Small.Llava();
        var perImage = model.ImageTokenIds(Training.Small.Side, Training.Small.Side);
        foreach (var (sample, i) in Training.Small.Samples(200, seed: 11, images: true).Select((s, i) => (s, i)))
        {
            var length = 2 + (i % 20);
            PixelValues[] images = [.. sample.Images.Select(_ => new PixelValues(3, Training.Small.Side, Training.Small.Side,
                new float[3 * Training.Small.Side * Training.Small.Side]))];
            var expanded = Outcome(() => Fovea.Models.Batching.SampleExpander.Expand(model, sample, images, length), e => (e.InputIds, e.TargetIndices));
            var exported = Outcome(
                () => ExportedSample.Of(sample, Row(null), WeightNormalization.None, new ExportLayout(perImage[0], perImage.Length, length)),
                e => (e.InputIds, [.. e.Labels.Index().Where(l => l.Item != ExportedSample.NoLabel).Select(l => l.Index)]));
            Assert.Equal(expanded, exported);
        }
    }

    private static string Outcome<T>(Func<T> make, Func<T, (int[] Ids, int[] Targets)> of)
    {
        try
        {
            var (ids, targets) = of(make());
            return $"{string.Join(',', ids)} / {string.Join(',', targets)}";
        }
        catch (InvalidInputException e)
        {
            return e.Message.Split(": ")[1];
        }
    }

    [Theory]
    [InlineData("models/decoder/llama_gqa_tied", "right.", "prior")]
    [InlineData("models/decoder/llama_gqa_tied", "right.", "vig")]
    [InlineData("models/decoder/qwen2_untied", "right.", "prior")]
    [InlineData("models/llava/llama_clip", "", "prior")]
    [InlineData("models/llava/llama_clip", "", "vig")]
    [InlineData("models/llava/llama_clip", "", "ntp")]
    public void The_loss_that_the_page_defines_over_exported_rows_is_the_references(string fixture, string prefix, string arm)
    {
        TorchRuntime.Start(1);
        using var scope = torch.NewDisposeScope();
        var folder = TestData.Find("fixtures/" + fixture);
        var loss = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement.GetProperty("loss").GetProperty(arm);
        var tensors = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors")).ReadAll();
        var (ids, labels, nll) = (Rows<long>(tensors[prefix + "input_ids"]), Rows<long>(tensors["labels"]), Rows<float>(tensors["expected.token_nll"]));
        var prior = Rows<float>(tensors["prior.p_ref"]);
        var vig = Rows<float>(tensors["vig.token"]);
        var rows = ids.Select((row, b) => Exported(row, labels[b], b, arm switch
        {
            "prior" => PriorSelector.Weights([.. Targets(labels[b]).Select(t => MathF.Log(prior[b][t]))], loss.GetProperty("alpha").GetDouble()),
            "vig" => [.. Targets(labels[b]).Select(t => vig[b][t] >= loss.GetProperty("tau").GetSingle() ? 1f : 0f)],
            _ => null,
        }, arm == "prior" ? WeightNormalization.TargetCount : WeightNormalization.None)).ToList();
        ExportFile.Write(_folder.File("rows.jsonl"), rows);

        // The page's compute_loss: sum(weight * nll) / sum(weight) over the batch; and by labels alone, where weights are 0 and 1.
        double sum = 0, weights = 0, labelled = 0;
        var count = 0;
        foreach (var (row, b) in ReadJsonLines(_folder.File("rows.jsonl")).Select((r, b) => (r, b)))
        {
            Assert.Equal(labels[b].Select(l => (int)l), row.Labels);
            for (var i = 0; i < row.Labels.Length; i++)
            {
                sum += row.Labels[i] == ExportedSample.NoLabel ? 0 : row.LossWeights[i] * nll[b][i];
                weights += row.LossWeights[i];
                labelled += row.LossWeights[i] != 0 ? nll[b][i] : 0;
                count += row.LossWeights[i] != 0 ? 1 : 0;
            }
        }

        // The fixtures' tolerance.
        Assert.Equal(loss.GetProperty("loss").GetDouble(), sum / weights, 3e-5 + (1e-5 * (sum / weights)));
        if (arm != "prior")
        {
            Assert.Equal(sum / weights, labelled / count, 1e-9);
        }
    }

    private static ExportedSample Exported(long[] ids, long[] labels, int record, float[]? weights, WeightNormalization normalization)
    {
        var targets = Targets(labels);
        var sample =
            Sample with { Key = new SampleKey("data.json", record), InputIds = Array.ConvertAll(ids, i => (int)i), TargetIndices = targets, EndTargets = [], Images = [] };
        return ExportedSample.Of(sample, Row(weights), normalization, Layout);
    }

    private static int[] Targets(long[] labels) => [.. Enumerable.Range(0, labels.Length).Where(i => labels[i] != ExportedSample.NoLabel)];

    private static TokenWeights Row(float[]? weights) => new(Sample.Key, "t", SelectionStatus.Kept, null, weights);

    private static T[][] Rows<T>(torch.Tensor tensor)
        where T : unmanaged => [.. Enumerable.Range(0, (int)tensor.shape[0]).Select(b => tensor[b].contiguous().data<T>().ToArray())];

    private static IEnumerable<ExportedSample> ReadJsonLines(string path) => File.ReadLines(path).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        T[] Numbers<T>(string name, Func<JsonElement, T> read) => [.. json.RootElement.GetProperty(name).EnumerateArray().Select(read)];
        return new ExportedSample(
            new SampleKey(json.RootElement.GetProperty("source").GetString()!, json.RootElement.GetProperty("record").GetInt32()),
                json.RootElement.GetProperty("id").GetString()!,
            [.. json.RootElement.GetProperty("images").EnumerateArray().Select(i => i.GetString()!)], Numbers("input_ids", e => e.GetInt32()), Numbers("labels",
                e => e.GetInt32()), Numbers("loss_weights", e => e.GetSingle()));
    });

    private static string Text(ExportedSample row) =>
        $"{row.Key} {row.Id} {string.Join(',', row.Images)} {string.Join(',', row.InputIds)} {string.Join(',', row.Labels)} {string.Join(',', row.LossWeights)}";
}
