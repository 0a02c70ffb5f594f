using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Importing;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Scoring;
using Fovea.Store;
using Fovea.Store.Export;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Options;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Scores of other engines come in under the fingerprints of Fovea's own, and what is not a sample's is refused by name.</summary>
public sealed class ImportScoresTests(ImportScoresTests.Scored scored) : IClassFixture<ImportScoresTests.Scored>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Dialogues, a model and its scores, made once.</summary>
    public sealed class Scored : IDisposable
    {
        public Scored()
        {
            TorchRuntime.Start(1);
            SceneCorpusWriter.Write(new SceneSpec { Seed = 9, NumScenes = 24, TextOnlyRecordRate = 0.3 }, Folder["scenes"], new SilentProgress());
            SceneTokenizer.Write(Folder["tokenizer"]);
            Run(Folder["start"], new TrainStage
            {
                Preset = new PresetChoice { Name = "tiny-llava" },
                Tokenizer = Folder["tokenizer"],
                Data = Data,
                Training = new TrainingOptions { Steps = 1, BatchSize = 2, Seed = 3 },
            });
            Run(Folder["vig"], new ScoreVigStage { Model = Model, Data = Data, Proxies = ["black"], Scoring = new ScoringOptions { MaxLength = 40, MaxInvalid = 99 } });
            Run(Folder["prior"], new ScorePriorStage { Models = [Model], Data = Data });
        }

        internal Training.TemporaryFolder Folder { get; } = new();

        public DataSource[] Data => [new() { File = Path.Combine(Folder["scenes"], "dialogues.json") }];

        public string Model => Path.Combine(Folder["start"], "model");

        public void Dispose() => Folder.Dispose();
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vig", "rows.jsonl")]
    [InlineData("vig", "rows.parquet")]
    [InlineData("prior", "rows.jsonl")]
    [InlineData("prior", "rows.parquet")]
    public void A_store_exported_imported_and_compared_is_equal(string store, string name)
    {
        var rows = Rows(store, name);
        var result = Import("imported", rows);
        var (before, after) = (ScoreStoreReader.Open(scored.Folder[store]), ScoreStoreReader.Open(_folder["imported"]));
        var comparison = StoreComparison.Of(before, after, 5, TestContext.Current.CancellationToken);
        Assert.True(comparison.AreEqual, string.Join('\n', comparison.Lines()));
        Assert.Equal(before.Read().Select(Line), after.Read().Select(Line));
        Assert.Equal((before.Count, (int)result["scored"]!), ((int)result["samples"]!, comparison.Scores[0].Samples));
        Assert.Equal("imported", after.Provenance["method"]);
        Assert.Empty(StoreInfo.FindDamage(_folder["imported"]));
        Assert.NotNull(SampleView.Find(after, null, comparison.Scores[0].Samples > 0 ? before.Read().First(r => r.LogProbs.Count > 0).Key.Record : 0)
            .WithQuestions(_folder["imported"]).Questions);
    }

    [Fact]
    public void An_imported_store_selects_the_weights_of_the_one_it_was()
    {
        Import("imported", Rows("vig", "rows.jsonl"));
        string Weights(string store, string name)
        {
            Run(_folder[name], new SelectStage { Scores = [store], Method = "vig", P = 60 });
            return string.Join('\n', WeightsFile.Read(Path.Combine(_folder[name], SelectStage.FileName)).Rows
                .Select(r => $"{r.Key} {r.Status} {r.ImageHash} {string.Join(',', r.Weights ?? [])}"));
        }

        Assert.Equal(Weights(scored.Folder["vig"], "w1"), Weights(_folder["imported"], "w2"));
    }

    [Fact]
    public void Rows_may_be_shared_among_files_and_come_in_any_order()
    {
        var lines = File.ReadAllLines(Rows("vig", "rows.jsonl"));
        File.WriteAllLines(_folder["a.jsonl"], lines.Where((_, i) => i % 2 == 0));
        File.WriteAllLines(_folder["b.jsonl"], lines.Where((_, i) => i % 2 == 1).Reverse());
        Import("shared", _folder["b.jsonl"], _folder["a.jsonl"]);
        Assert.True(StoreComparison.Of(ScoreStoreReader.Open(scored.Folder["vig"]), ScoreStoreReader.Open(_folder["shared"]), 5,
            TestContext.Current.CancellationToken).AreEqual);

        // Only images need rows.
        File.WriteAllLines(_folder["few.jsonl"], lines.Where(l => JsonNode.Parse(l)!["log_prob.image"] is not null || JsonNode.Parse(l)!["invalid_reason"] is not null));
        Import("few", _folder["few.jsonl"]);
        Assert.Equal(ScoreStoreReader.Open(scored.Folder["vig"]).Read().Select(Line), ScoreStoreReader.Open(_folder["few"]).Read().Select(Line));
    }

    [Theory]
    [InlineData("id", "target_ids: expected ", "at target 1, got 3; score the ids and labels")]
    [InlineData("shift", "target_ids: expected ", "(the row is shifted by one)")]
    [InlineData("short", "target_ids: expected ", " ids, got 2; ")]
    [InlineData("no_ids", "target_ids: expected the ids of its targets, got none")]
    [InlineData("missing", "expected a row of this sample in ", "; score it, or give a row")]
    [InlineData("twice", "a second row of this sample")]
    [InlineData("unknown", "the corpus has no such record")]
    [InlineData("other_file", "no such file: it has dialogues.json")]
    [InlineData("length", "log_prob.image: expected ", ", one for each of target_ids, got 1")]
    [InlineData("positive", "log_prob.image: 0.5 at target 0; expected a natural log-probability")]
    [InlineData("null", "log_prob.image: no value at target 0")]
    [InlineData("nulls", "log_prob.image: no value; leave the row's")]
    [InlineData("nested", "log_prob.image[0]: expected a log-probability, or null")]
    [InlineData("text", "log_prob.image[0]: expected a log-probability, or null")]
    [InlineData("nan", "log_prob.image[0]: expected a log-probability, or null")]
    [InlineData("huge", "log_prob.image: -Infinity at target 0")]
    [InlineData("not_a_list", "log_prob.image: expected a list, got ")]
    [InlineData("condition", "log_prob.visionless:black: expected a log-probability for each target, got none")]
    [InlineData("more", "log_prob.visionless:mean: the first scored row has image, visionless:black alone")]
    [InlineData("fingerprint", "text_fingerprint: expected ", ", got 00: its text, the tokenizer or the template changed")]
    [InlineData("image", "image_hash: expected ", ", got 00: its image changed")]
    [InlineData("record", "record: expected a whole number of at least 0, got ")]
    [InlineData("repeated_key", "duplicate_key: the key \"record\" is given twice")]
    [InlineData("cut", "the JSON is cut short")]
    [InlineData("invalid", "out of memory; unusable records: ")]
    public void What_is_not_a_samples_is_one_line_that_names_it_and_leaves_no_store(string fault, params string[] says)
    {
        var lines = File.ReadAllLines(Rows("vig", "rows.jsonl"));
        var at = Array.FindLastIndex(lines, l => JsonNode.Parse(l)!["log_prob.image"] is not null);
        var row = JsonNode.Parse(lines[at])!.AsObject();
        var sample = $"dialogues.json#{row["record"]}";
        var (ids, image) = (row["target_ids"]!.AsArray(), row["log_prob.image"]!.AsArray());
        Action change = fault switch
        {
            "id" => () => ids[1] = 3,
            "shift" => () => row["target_ids"] = new JsonArray([.. ids.Skip(1).Append(ids[0]).Select(i => i!.DeepClone())]),
            "short" => () => row["target_ids"] = new JsonArray([.. ids.Take(2).Select(i => i!.DeepClone())]),
            "no_ids" => () => row.Remove("target_ids"),
            "unknown" => () => row["record"] = 99999,
            "other_file" => () => row["source"] = "captions.json",
            "length" => () => row["log_prob.image"] = new JsonArray(-1.0),
            "positive" => () => image[0] = 0.5,
            "null" => () => image[0] = null,
            "nulls" => () => row["log_prob.image"] = new JsonArray([.. image.Select(_ => (JsonNode?)null)]),
            "nested" => () => image[0] = new JsonArray(null, null),
            "text" => () => image[0] = "-1",
            "huge" => () => image[0] = JsonNode.Parse("-1e300"),
            "not_a_list" => () => row["log_prob.image"] = -1,
            "condition" => () => row.Remove("log_prob.visionless:black"),
            "more" => () => row["log_prob.visionless:mean"] = image.DeepClone(),
            "fingerprint" => () => row["text_fingerprint"] = "00",
            "image" => () => row["image_hash"] = "00",
            "record" => () => row["record"] = -1,
            "invalid" => () => row["invalid_reason"] = "out of memory",
            _ => () => _ = row,
        };
        change();
        lines[at] = row.ToJsonString();
        File.WriteAllLines(_folder["bad.jsonl"], fault switch
        {
            "missing" => lines.Where((_, i) => i != at),
            "twice" => lines.Append(lines[at]),
            "nan" => lines.Select((l, i) => i == at ? l.Replace("\"log_prob.image\":[", "\"log_prob.image\":[NaN,", StringComparison.Ordinal) : l),
            "repeated_key" => lines.Select((l, i) => i == at ? l.Replace("\"record\":", "\"record\":1,\"record\":", StringComparison.Ordinal) : l),
            "cut" => [.. lines[..^1], lines[^1][..^20]],
            _ => lines,
        });
        var error = Assert.ThrowsAny<FoveaException>(() => Import("refused", _folder["bad.jsonl"]));
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(says, s => Assert.Contains(s, error.Message, StringComparison.Ordinal));
        if (fault is "id" or "shift" or "short" or "missing" or "twice" or "length" or "positive" or "null" or "condition" or "fingerprint" or "image")
        {
            Assert.Contains(sample, error.Message, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_folder["refused"]), "a refused import left its folder");
        Import("refused", _folder["rows.jsonl"]);
    }

    [Fact]
    public void Rows_far_from_the_corpus_order_wait_up_to_a_bound()
    {
        var reversed = File.ReadAllLines(Rows("vig", "rows.jsonl")).Reverse().ToArray();
        File.WriteAllLines(_folder["reversed.jsonl"], reversed);
        var places = reversed.Reverse().Select((l, i) => (Key: new SampleKey("dialogues.json", (int)JsonNode.Parse(l)!["record"]!), i)).ToDictionary(p => p.Key, p => p.i);
        using var enough = new RowsInOrder([_folder["reversed.jsonl"]], places);
        Assert.NotNull(enough.Find(places.First().Key, required: true));
        using var few = new RowsInOrder([_folder["reversed.jsonl"]], places, mostWaiting: 100);
        Assert.Contains("sort each file by source and record",
            Assert.Throws<InvalidInputException>(() => few.Find(places.First().Key, required: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_as_other_writers_lay_it_out_is_read_and_a_header_that_lies_is_one_line()
    {
        await WriteAsOthersDo(_folder["other.parquet"]);
        Import("other", _folder["other.parquet"]);
        Assert.True(StoreComparison.Of(ScoreStoreReader.Open(scored.Folder["vig"]), ScoreStoreReader.Open(_folder["other"]), 5,
            TestContext.Current.CancellationToken).AreEqual);

        var bytes = await File.ReadAllBytesAsync(_folder["other.parquet"], TestContext.Current.CancellationToken);
        for (var at = 4; at < bytes.Length; at += Math.Max(1, bytes.Length / 150))
        {
            byte[] torn = [.. bytes];
            torn[at] ^= 0x7F;
            await File.WriteAllBytesAsync(_folder["torn.parquet"], torn, TestContext.Current.CancellationToken);
            try
            {
                Import("torn", _folder["torn.parquet"]); // some bytes decide nothing that is read
                Directory.Delete(_folder["torn"], recursive: true);
            }
            catch (FoveaException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }

        await File.WriteAllBytesAsync(_folder["cut.parquet"], bytes[..^30], TestContext.Current.CancellationToken);
        Assert.Contains("not valid Parquet, or torn", Assert.Throws<InvalidInputException>(() => Import("cut", _folder["cut.parquet"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_import_leaves_nothing_half_and_continues_by_the_same_command()
    {
        using var stop = new CancellationTokenSource();
        var rows = Rows("vig", "rows.jsonl");
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => StageRunner.Run(Stage(rows), new StageContext(_folder["stopped"], 1, new SilentProgress(), stop.Token),
            Existing.Continue));
        Assert.False(ScoreStoreReader.IsStore(_folder["stopped"]) && ScoreStoreReader.Open(_folder["stopped"], allowPartial: true).IsComplete);
        Import("stopped", rows);
        Assert.True(ScoreStoreReader.Open(_folder["stopped"]).IsComplete);
    }

    private static string Line(TokenScores row) => $"{row.Key} {row.Id} {row.TextFingerprint} {row.ContextFingerprint} {row.ConversationFingerprint} {row.ImageHash} "
        + $"{row.HasImage} {row.InvalidReason} {string.Join(',', row.TargetIds)} {string.Join(',', row.EndTargets)} "
        + string.Join(' ', row.LogProbs.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}:{string.Join(',', l.Value.Select(BitConverter.SingleToInt32Bits))}"));

    /// <summary>Ids and records of 64 bits, log-probabilities as doubles, every value optional, two row groups.</summary>
    private async Task WriteAsOthersDo(string path)
    {
        DataField source = new("source", typeof(string), true), reason = new("invalid_reason", typeof(string), true);
        var record = new DataField<long?>("record");
        ListField ids = new("target_ids", new DataField<long?>("element")), image = new("log_prob.image", new DataField<double?>("element")),
            black = new("log_prob.visionless:black", new DataField<double?>("element"));
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(source, record, reason, ids, image, black), stream);
        foreach (var rows in ScoreStoreReader.Open(scored.Folder["vig"]).Read().Chunk(11))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(source, rows.Select(r => r.Key.Source).ToArray());
            await group.WriteAsync<long>(record, rows.Select(r => (long?)r.Key.Record).ToArray());
            await group.WriteAsync(reason, rows.Select(r => r.InvalidReason).ToArray());
            await Lists<long>(group, ids, [.. rows.Select(r => Array.ConvertAll(r.TargetIds, i => (long?)i))]);
            await Lists<double>(group, image, [.. rows.Select(r => Reals(r, Conditions.Image))]);
            await Lists<double>(group, black, [.. rows.Select(r => Reals(r, Conditions.Visionless("black")))]);
            group.CompleteValidate();
        }
    }

    private static double?[]? Reals(TokenScores row, string condition) => row.LogProbs.TryGetValue(condition, out var values)
        ? Array.ConvertAll(values, v => float.IsNaN(v) ? (double?)null : v) : null;

    private static async Task Lists<T>(ParquetRowGroupWriter group, ListField field, T?[]?[] rows)
        where T : struct
    {
        var (values, definition, repetition) = (new List<T>(), new List<int>(), new List<int>());
        foreach (var row in rows)
        {
            if (row is not { Length: > 0 })
            {
                definition.Add(row is null ? 0 : 1);
                repetition.Add(0);
                continue;
            }

            foreach (var (i, value) in row.Index())
            {
                definition.Add(value is null ? 2 : 3);
                repetition.Add(i == 0 ? 0 : 1);
                if (value is { } present)
                {
                    values.Add(present);
                }
            }
        }

        await group.WriteAllPartsAsync<T>((DataField)field.Item, values.ToArray(), definition.ToArray(), repetition.ToArray(), default);
    }

    private string Rows(string store, string name)
    {
        ScoreRowsFile.Write(_folder[name], ScoreStoreReader.Open(scored.Folder[store]), replace: true, TestContext.Current.CancellationToken);
        return _folder[name];
    }

    private ImportScoresStage Stage(params string[] rows) => new() { Rows = rows, Data = scored.Data, Model = scored.Model, MaxInvalid = Invalid };

    // Samples that --max-length left nothing of.
    private int Invalid => ScoreStoreReader.Open(scored.Folder["vig"]).Shards.Sum(s => s.Invalid);

    private JsonObject Import(string name, params string[] rows) => Run(_folder[name], Stage(rows));

    private static JsonObject Run(string folder, IStage stage) =>
        StageRunner.Run(stage, new StageContext(folder, 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Continue).Result!;
}
