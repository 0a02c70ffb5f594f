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

        // The page's compute_loss: sum(weight * nll) / sum(weight) over the batch.
        double sum = 0, weights = 0;
        foreach (var (row, b) in ReadJsonLines(_folder.File("rows.jsonl")).Select((r, b) => (r, b)))
        {
            Assert.Equal(labels[b].Select(l => (int)l), row.Labels);
            for (var i = 0; i < row.Labels.Length; i++)
            {
                sum += row.Labels[i] == ExportedSample.NoLabel ? 0 : row.LossWeights[i] * nll[b][i];
                weights += row.LossWeights[i];
            }
        }

        // The fixtures' tolerance.
        Assert.Equal(loss.GetProperty("loss").GetDouble(), sum / weights, 3e-5 + (1e-5 * (sum / weights)));
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
