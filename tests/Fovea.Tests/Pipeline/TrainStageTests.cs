using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Plans;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Tests.Training;
using Fovea.Torch;
using Fovea.Training.Options;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>A training run is held to the images, the template and the tokenizer that its weights were made with.</summary>
public sealed class TrainStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TrainStageTests()
    {
        TorchRuntime.Start(1);
        Scenes("scenes", seed: 9);
        SceneTokenizer.Write(_folder["tokenizer"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_configuration_steps_take_the_place_of_the_one_epoch()
    {
        string[] wanted = ["model=\"m\"", """data=[{ "file": "mix.json" }]"""];
        Assert.Equal((null, 1.0), (TrainRequest.WithoutFile(wanted).Training.Steps, TrainRequest.WithoutFile(wanted).Training.Epochs));
        var counted = TrainRequest.WithoutFile([.. wanted, "training.steps=3"]).Training;
        Assert.Equal((3, null), (counted.Steps, counted.Epochs));
    }

    [Fact]
    public void Weights_that_saw_images_are_refused_by_record_and_file_once_an_image_is_another()
    {
        var stage = Stage() with { Data = [Source("scenes", "dialogues.json")] };
        stage = stage with { Weights = Weights(stage, seesImages: true) };
        Assert.Equal(1, (long)Run(stage)["steps"]!);

        var changed = Encoded(stage).Last(s => s.Images.Count > 0);
        ReplaceImage(changed.Images[0]);
        var error = Assert.Throws<InvalidInputException>(() => Run(stage));
        var first = Encoded(stage).First(s => s.Images.Contains(changed.Images[0])); // the first record that shows it
        Assert.Equal((first.Key.Source, first.Key.Record), (error.File, error.Record));
        Assert.Contains(changed.Images[0], error.Message, StringComparison.Ordinal);
        Assert.Contains("image hash", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Weights_of_the_text_alone_hold_for_any_image()
    {
        var stage = Stage();
        stage = stage with { Weights = Weights(stage, seesImages: false) };
        ReplaceImage(Encoded(stage)[0].Images[0]);
        Assert.Equal(1, (long)Run(stage)["steps"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_of_the_text_alone_are_refused_by_record_once_a_question_is_another(bool textOnly)
    {
        var stage = Stage() with { Data = [Source("scenes", "dialogues.json")], View = textOnly ? CorpusView.TextOnly : CorpusView.Image };
        stage = stage with { Weights = Weights(stage, seesImages: false, readsText: true), Preset = new PresetChoice { Name = textOnly ? "tiny-text-2" : "tiny-llava" } };
        Assert.Equal(1, (long)Run(stage)["steps"]!);

        var file = Path.Combine(_folder["scenes"], "dialogues.json");
        var records = JsonNode.Parse(File.ReadAllText(file))!.AsArray();
        records[5]!["conversations"]!.AsArray().Last(t => (string?)t!["from"] == "human")!["value"] = "what is this";
        File.WriteAllText(file, records.ToJsonString());
        var error = Assert.Throws<InvalidInputException>(() => Run(stage));
        Assert.Equal(("dialogues.json", 5), (error.File, error.Record));
        Assert.Contains("conversation fingerprint", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_saw_images_are_refused_by_a_run_without_images()
    {
        var stage = Stage();
        stage = stage with { Weights = Weights(stage, seesImages: true), View = CorpusView.TextOnly, Preset = new PresetChoice { Name = "tiny-text-2" } };
        Assert.Contains("got none", Assert.Throws<InvalidInputException>(() => Run(stage)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_train_under_the_template_that_they_were_scored_under_and_no_other()
    {
        var stage = Stage() with { Template = "llava_v1" };
        stage = stage with { Weights = Weights(stage, seesImages: false) };
        Assert.Equal(1, (long)Run(stage)["steps"]!);
        Assert.Contains("text fingerprint", Assert.Throws<InvalidInputException>(() => Run(stage with { Template = "auto" })).Message,
            StringComparison.Ordinal);
        Assert.Contains("vicuna", Assert.Throws<FoveaException>(() => Run(stage with { Template = "vicuna" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Captions_train_as_chatml_with_a_tokenizer_of_Qwen()
    {
        var stage = Stage() with { Template = "chatml", Tokenizer = TestData.Find("fixtures/tokenizers/tiny_qwen") };
        Assert.Equal(1, (long)Run(stage with { Weights = Weights(stage, seesImages: true) })["steps"]!);
    }

    [Fact]
    public void A_run_does_not_go_on_under_another_template()
    {
        var stage = Stage() with { Template = "llava_v1" };
        StageRunner.Run(stage, Context("run"), Existing.Refuse);
        Assert.Contains("'config.template' was \"llava_v1\", now \"auto\"",
            Assert.Throws<FoveaException>(() => StageRunner.Run(stage with { Template = "auto" }, Context("run"), Existing.Continue)).Message,
                StringComparison.Ordinal);
        Assert.True(StageRunner.Run(stage, Context("run"), Existing.Continue).Complete);
    }

    [Fact]
    public void The_checkpoints_own_template_is_an_input_and_goes_with_the_model()
    {
        var file = _folder["tokenizer/chat_template.jinja"];
        File.WriteAllText(file, "{{ messages }}");
        var stage = Stage();
        Run(stage);
        Assert.Equal(File.ReadAllText(file), File.ReadAllText(_folder["out1/model/chat_template.jinja"]));
        Assert.DoesNotContain("template", stage.HashInputs(new InputHasher()).Keys);
        var before = (stage with { Template = "checkpoint" }).HashInputs(new InputHasher())["template"];
        File.AppendAllText(file, "{# changed #}");
        Assert.NotEqual(before, (stage with { Template = "checkpoint" }).HashInputs(new InputHasher())["template"]);
    }

    [Theory]
    [InlineData("tokenizer.model")]
    [InlineData("vocab.json", "merges.txt")]
    public void A_tokenizer_in_an_older_form_trains_and_each_of_its_files_counts(params string[] files)
    {
        Directory.CreateDirectory(_folder["old"]);
        var stage = Stage() with { Tokenizer = _folder["old"], View = CorpusView.TextOnly, Preset = new PresetChoice { Name = "tiny-text-2" } };
        if (files.Length == 1)
        {
            File.Copy(TestData.Find("data/weights/stories260K/tok512.model"), _folder["old/tokenizer.model"]);
            File.WriteAllText(_folder["old/tokenizer_config.json"], """{"bos_token": "<s>", "eos_token": "</s>"}""");
        }
        else
        {
            WriteQwenInTwoFiles();
            stage = stage with { Template = "chatml" };
        }

        File.WriteAllText(_folder["old/added_tokens.json"], "{}");
        File.WriteAllText(_folder["old/special_tokens_map.json"], "{}");
        Run(stage);
        foreach (var path in Directory.GetFiles(_folder["old"]))
        {
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(_folder["out1/model/" + Path.GetFileName(path)]));
            var before = stage.HashInputs(new InputHasher())["tokenizer"];
            File.AppendAllText(path, " ");
            Assert.NotEqual(before, stage.HashInputs(new InputHasher())["tokenizer"]);
        }

        Assert.All(files, f => Assert.True(File.Exists(_folder["out1/model/" + f])));
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_one_line()
    {
        Directory.CreateDirectory(_folder["none"]);
        var error = Assert.Throws<InvalidInputException>(() => (Stage() with { Tokenizer = _folder["none"] }).HashInputs(new InputHasher()));
        Assert.Equal(_folder["none"], error.File);
        Assert.Contains("tokenizer.model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_one_name_below_two_image_folders_are_two_images()
    {
        Scenes("more", seed: 10);
        DataSource[] data = [Source("scenes", "captions.json"), Source("more", "dialogues.json")];
        TokenizedCorpus Open(params DataSource[] files) =>
            TokenizedCorpus.Open(files, _folder["tokenizer"], CorpusView.Image, stop: TestContext.Current.CancellationToken);
        var (joined, alone) = (Open(data), Open(data[1]));
        var processor = new ImageProcessor(ImageProcessorConfig.Clip(32));
        var (one, own) = (new ImageLoader(joined.Corpus, processor), new ImageLoader(alone.Corpus, processor));
        var sample = alone.Samples.First(s => s.Images.Count > 0);
        var namesake = joined.Samples.First(s => s.Key.Source == "captions.json" && s.Images.SequenceEqual(sample.Images));
        Assert.NotEqual(one.Unit(namesake)[0].Values, one.Unit(sample)[0].Values);
        Assert.Equal(own.Unit(sample)[0].Values, one.Unit(sample)[0].Values);
    }

    [Fact]
    public void Unusable_records_are_left_out_up_to_the_limit_listed_and_counted()
    {
        var stage = WithBadRecords();
        Assert.Contains("record 2: role_order: ", Assert.Throws<InvalidInputException>(() => Run(stage)).Message,
            StringComparison.Ordinal); // records are read before images are looked for
        Assert.Contains("record 1: image \"images/none.png\": not found",
            Assert.Throws<InvalidInputException>(() => Run(stage with { MaxInvalid = 1 })).Message, StringComparison.Ordinal);
        var past = Assert.Throws<InvalidInputException>(() => Run(stage with { MaxInvalid = 2 })); // the third shows when it is decoded
        Assert.Equal(3, past.Record);
        Assert.Contains("unusable records: 3, allowed: 2; correct the data, or leave out up to N such records with --max-invalid N", past.Message,
            StringComparison.Ordinal);

        foreach (var allowing in new[] { stage with { MaxInvalid = 3 }, stage with { OnBadSample = OnBadSample.Skip } })
        {
            var result = Run(allowing);
            Assert.Equal((3, 2, 1), ((int)result["invalid_samples"]!, (int)result["invalid_reasons"]!["image"]!,
                (int)result["invalid_reasons"]!["role_order"]!));
            var listed = File.ReadLines(_folder[$"out{_runs}/invalid.jsonl"]).Select(l => (int)JsonNode.Parse(l)!["record"]!).Order();
            Assert.Equal([1, 2, 3], listed);
        }
    }

    [Fact]
    public void Held_out_records_have_a_limit_and_a_list_of_their_own()
    {
        var stage = WithBadRecords() with { MaxInvalid = 3 };
        var result = Run(stage with { HeldOut = stage.Data });
        Assert.Equal((3, 3), ((int)result["invalid_samples"]!, (int)result["held_out_invalid_samples"]!));
        Assert.Equal(File.ReadAllLines(_folder[$"out{_runs}/invalid.jsonl"]).Order(), File.ReadLines(_folder[$"out{_runs}/held-out-invalid.jsonl"]).Order());
    }

    [Fact]
    public void What_the_weights_mark_as_invalid_is_left_out_without_counting()
    {
        var stage = WithBadRecords();
        var usable = TokenizedCorpus.Open(stage.Data, stage.Tokenizer!, CorpusView.Image, stage.Template, new InvalidRecords(9),
            stop: TestContext.Current.CancellationToken).Samples;
        TokenWeights Marked(int record) => new(new SampleKey("bad.json", record), "", SelectionStatus.Invalid, "image_cut: could not be scored", null);
        var kept = usable.Where(s => s.Key.Record != 3).Select(s => new TokenWeights(s.Key, s.TextFingerprint, SelectionStatus.Kept, null, null));
        WeightsFile.Write(_folder["w.parquet"], [.. kept, Marked(1), Marked(2),
            Marked(3) with { TextFingerprint = usable.Single(s => s.Key.Record == 3).TextFingerprint }], WeightNormalization.None,
                new Dictionary<string, string>());
        var result = Run(stage with { Weights = _folder["w.parquet"] });
        Assert.Equal((3, 0L), ((int)result["invalid_samples"]!, (long)result["unusable_samples"]!));
        Assert.All(File.ReadLines(_folder[$"out{_runs}/invalid.jsonl"]), l => Assert.False((bool)JsonNode.Parse(l)!["counted"]!));
    }

    [Fact]
    public void A_run_that_stopped_at_a_bad_record_continues_with_more_allowed()
    {
        var stage = WithBadRecords() with { MaxInvalid = 2 };
        Assert.Throws<InvalidInputException>(() => StageRunner.Run(stage, Context("run"), Existing.Refuse));
        Assert.True(StageRunner.Run(stage with { MaxInvalid = 3 }, Context("run"), Existing.Continue).Complete);
    }

    /// <summary>Six records: 1 without its image, 2 without an answer, 3 with an image that cannot be decoded.</summary>
    private TrainStage WithBadRecords()
    {
        var good = Directory.EnumerateFiles(_folder["scenes/images"]).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(3).ToArray();
        File.WriteAllText(_folder["scenes/images/junk.png"], "junk");
        string Record(string image, string answer = """, {"from": "gpt", "value": "a circle."}""") =>
            $$"""{"image": "images/{{image}}", "conversations": [{"from": "human", "value": "<image>"}{{answer}}]}""";
        File.WriteAllText(_folder["scenes/bad.json"],
            $"[{Record(good[0]!)},{Record("none.png")},{Record(good[1]!, "")},{Record("junk.png")},{Record(good[1]!)},{Record(good[2]!)}]");
        return Stage() with { Data = [Source("scenes", "bad.json")], Training = new TrainingOptions { Steps = 2, BatchSize = 2, LearningRate = 1e-3, Seed = 3 } };
    }

    private void WriteQwenInTwoFiles()
    {
        var model = JsonNode.Parse(File.ReadAllText(TestData.Find("fixtures/tokenizers/tiny_qwen/tokenizer.json")))!["model"]!;
        File.WriteAllText(_folder["old/vocab.json"], model["vocab"]!.ToJsonString());
        File.WriteAllLines(_folder["old/merges.txt"], ["#version: 0.2",
            .. model["merges"]!.AsArray().Select(m => m is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)m!)]);
        File.WriteAllText(_folder["old/tokenizer_config.json"], """
            {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "added_tokens_decoder": {
                "596": {"content": "<|endoftext|>", "special": true}, "597": {"content": "<|im_start|>", "special": true},
                "598": {"content": "<|im_end|>", "special": true}, "599": {"content": "<image>", "special": true}}}
            """);
    }

    private TrainStage Stage() => new()
    {
        Preset = new PresetChoice { Name = "tiny-llava" },
        Tokenizer = _folder["tokenizer"],
        Data = [Source("scenes", "captions.json")],
        Training = new TrainingOptions { Steps = 1, BatchSize = 2, LearningRate = 1e-3, Seed = 3 },
    };

    private DataSource Source(string scenes, string file) => new() { File = Path.Combine(_folder[scenes], file) };

    private void Scenes(string name, long seed) => SceneCorpusWriter.Write(new SceneSpec { Seed = seed, NumScenes = 8, TextOnlyRecordRate = 0.2 },
        _folder[name], new SilentProgress());

    private static IReadOnlyList<TokenizedSample> Encoded(TrainStage stage) =>
        TokenizedCorpus.Open(stage.Data, stage.Tokenizer!, CorpusView.Image, stage.Template).Samples;

    private string Weights(TrainStage stage, bool seesImages, bool readsText = false)
    {
        var (path, hashes) = (_folder["w.parquet"], new ImageHashes(CorpusFiles.Open(stage.Data, new InvalidRecords(0)), new InputHasher()));
        WeightsFile.Write(path, Encoded(stage)
            .Select(s => new TokenWeights(s.Key, s.TextFingerprint, s.Images.Count > 0 ? SelectionStatus.Kept : SelectionStatus.TextOnly, null, null)
            {
                ImageHash = seesImages ? hashes.Of(s) : null,
                ConversationFingerprint = readsText ? s.ConversationFingerprint : null,
            }), WeightNormalization.None, new Dictionary<string, string>());
        return path;
    }

    /// <summary>Puts another picture in the place of one.</summary>
    private void ReplaceImage(string name)
    {
        var path = Path.Combine(_folder["scenes"], name);
        var bytes = File.ReadAllBytes(path);
        var other = Directory.EnumerateFiles(Path.GetDirectoryName(path)!).First(f => !File.ReadAllBytes(f).AsSpan().SequenceEqual(bytes));
        File.Copy(other, path, overwrite: true);
    }

    private int _runs;

    private JsonObject Run(TrainStage stage)
    {
        var context = Context($"out{++_runs}");
        Directory.CreateDirectory(context.Out);
        stage.Check();
        stage.HashInputs(new InputHasher());
        return stage.Run(context);
    }

    private StageContext Context(string name) => new(_folder[name], 1, new SilentProgress(), TestContext.Current.CancellationToken);
}
