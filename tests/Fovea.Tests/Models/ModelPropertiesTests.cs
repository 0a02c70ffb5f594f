using Fovea.Core.Errors;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>What holds of every model, on new ones whose weights are large enough for differences to show.</summary>
public sealed class ModelPropertiesTests : IDisposable
{
    private static readonly PresetVocabulary Vocabulary = new(90, 1, 2, 0, 4, new VisionTokenIds(5, 6, 7, 8));
    private static readonly PresetSizes Loud = new() { InitializerRange = 0.15 };
    private static readonly int[] Lengths = [5, 17, 9];
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-models-").FullName;

    public ModelPropertiesTests() => TorchRuntime.Start(1);

    public static TheoryData<string> Presets => ["tiny-llava", "tiny-solo", "tiny-text-2", "tiny-text-4"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Presets))]
    public void Padding_and_neighbours_change_no_logit(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 3, Loud);
        var samples = Lengths.Select((length, i) => Make(model, length, i)).ToArray();
        using var together = Collator.Collate(model, samples);
        var all = model.Logits(together);
        for (var i = 0; i < samples.Length; i++)
        {
            using var alone = Collator.Collate(model, [samples[i]]);
            var count = together.TargetOffsets[i + 1] - together.TargetOffsets[i];
            AssertClose(model.Logits(alone), all.narrow(0, together.TargetOffsets[i], count));
        }
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void An_image_changes_logits_and_its_absence_is_allowed(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 3, Loud);
        using var text = Collator.Collate(model, [Make(model, 6, 1, withImage: false)]);
        Assert.Null(text.PixelValues);
        Assert.Equal([6L, 90], model.Logits(text).shape);
        if (!model.SeesImages)
        {
            Assert.Throws<FoveaException>(() => model.Arrange([Image(1)]));
            return;
        }

        var sample = Make(model, 6, 1);
        using var one = Collator.Collate(model, [sample]);
        using var other = Collator.Collate(model, [sample with { Images = [Image(99)] }]);
        Assert.True((model.Logits(one) - model.Logits(other)).abs().max().item<float>() > 1e-3);
        using var missing = Collator.Collate(model, [sample with { Images = [Image(1), Image(2)] }]);
        Assert.Contains("image tokens", Assert.Throws<FoveaException>(() => model.Logits(missing)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(4)]
    public void Packed_rows_score_as_separate_ones(int? window)
    {
        using var scope = NewDisposeScope();
        using var model = Windowed(window);
        int[][] rows = [Ids(7, 1), Ids(4, 2), Ids(6, 3)];
        var packed = model.Decoder.Forward(new DecoderInput
        {
            InputIds = Row([.. rows.SelectMany(r => r), 0, 0]),
            PositionIds = Row([.. rows.SelectMany(r => Enumerable.Range(0, r.Length)), 0, 0]),
            SegmentIds = Row([.. rows.SelectMany((r, i) => Enumerable.Repeat(i + 1, r.Length)), 0, 0]),
        }).Hidden;
        Assert.False(packed.isnan().any().item<bool>());
        var start = 0;
        foreach (var row in rows)
        {
            var alone = model.Decoder.Forward(new DecoderInput { InputIds = Row(row) }).Hidden;
            AssertClose(alone, packed.narrow(1, start, row.Length));
            start += row.Length;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(4)]
    public void A_cache_changes_no_hidden_state(int? window)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Windowed(window);
        var ids = Row(Ids(12, 5));
        var whole = model.Decoder.Forward(new DecoderInput { InputIds = ids }).Hidden;
        using var cache = new KeyValueCache(model.Decoder.Config, 1, 12);
        var start = 0;
        foreach (var length in new[] { 5, 1, 3, 1, 2 })
        {
            var part = model.Decoder.Forward(new DecoderInput { InputIds = ids.narrow(1, start, length), Cache = cache }).Hidden;
            AssertClose(part, whole.narrow(1, start, length));
            start += length;
        }

        Assert.Throws<InvalidOperationException>(() => model.Decoder.Forward(new DecoderInput { InputIds = Row([3]), Cache = cache }));
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Generation_does_not_depend_on_the_batch(string preset)
    {
        using var model = ModelPresets.Create(preset, Vocabulary, 4, Loud);
        var prompts = Enumerable.Range(0, 9).Select(i => Make(model, 2 + (i * 5 % 7), i, withImage: i % 3 != 0)).ToArray();
        var cancel = TestContext.Current.CancellationToken;
        var one = GreedyGenerator.Generate(model, prompts, 15, 2, 1, cancel);
        Assert.Equal(one, GreedyGenerator.Generate(model, prompts, 15, 2, 4, cancel));
        Assert.Equal(one, GreedyGenerator.Generate(model, prompts, 15, 2, 64, cancel));
        var end = one[0][^1];
        var stopped = GreedyGenerator.Generate(model, prompts, 15, end, 64, cancel);
        foreach (var (row, cut) in one.Zip(stopped).Where(pair => pair.First.Length == 15))
        {
            Assert.Equal(row.TakeWhile(i => i != end), cut);
        }

        Assert.True(stopped[0].Length < one[0].Length);
        Assert.Equal(one.Select(row => row.Take(1)), GreedyGenerator.Generate(model, prompts, 1, 2, 64, cancel));
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_saved_model_is_the_same_model(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 5, Loud);
        ModelFolder.Save(model, _folder);
        var hash = ModelFolder.WeightsHash(_folder);
        using var loaded = ModelFolder.Load(_folder);
        Assert.Equal((model.Family, model.VocabSize, model.MaxLength), (loaded.Family, loaded.VocabSize, loaded.MaxLength));
        Assert.Equal(model.Parameters.Names, loaded.Parameters.Names);
        foreach (var (name, tensor) in model.Parameters.All)
        {
            Assert.Equal(Golden.Floats(tensor), Golden.Floats(loaded.Parameters[name]));
        }

        using var batch = Collator.Collate(model, [Make(model, 8, 1)]);
        Assert.Equal(Golden.Floats(model.Logits(batch)), Golden.Floats(loaded.Logits(batch)));
        ModelFolder.Save(loaded, _folder);
        Assert.Equal(hash, ModelFolder.WeightsHash(_folder));
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_listed_in_one_error()
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create("tiny-text-2", Vocabulary, 5);
        ModelFolder.Save(model, _folder);
        var tensors = model.Parameters.All.Where(p => p.Key != "model.norm.weight").ToDictionary();
        tensors["lm_head.weight"] = zeros(89, 64);
        tensors["model.extra"] = zeros(1);
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), tensors);
        var message = Assert.Throws<InvalidInputException>(() => ModelFolder.Load(_folder)).Message;
        foreach (var part in new[] { "3 tensors", "missing model.norm.weight [64]", "lm_head.weight is [89, 64], expected [90, 64]", "unexpected model.extra" })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"model_type":"gpt2"}""", "model_type: 'gpt2' is not supported")]
    [InlineData("""{"vocab_size":5}""", "model_type: missing")]
    [InlineData("""{"model_type":"llama","hidden_size":"big"}""", "hidden_size: expected an integer of at least 1, got \"big\"")]
    [InlineData("""{"model_type":"llama","num_attention_heads":0}""", "num_attention_heads: expected")]
    [InlineData("""{"model_type":"llama","num_attention_heads":4,"num_key_value_heads":3}""", "num_key_value_heads: 3 does not divide")]
    [InlineData("""{"model_type":"llama","rope_scaling":{"rope_type":"yarn"}}""", "rope_scaling.rope_type: 'yarn' is not supported")]
    [InlineData("""{"model_type":"llava"}""", "text_config: missing")]
    [InlineData("""{"model_type":"llava","text_config":{},"vision_config":{},"vision_feature_layer":-14}""", "vision_feature_layer: -14 is outside")]
    [InlineData("""{"model_type":"mistral","vision_patch_size":8}""", "no vision_token_ids")]
    [InlineData("""[]""", "expected an object")]
    [InlineData("""{""", "not JSON")]
    public void A_configuration_that_is_not_supported_is_one_clear_error(string config, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => ModelFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_of_solo_come_from_the_tokenizer_where_the_configuration_is_silent()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), """{"model_type":"mistral","vision_patch_size":8}""");
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"),
            """{"added_tokens":[{"id":9,"content":"<vision>"},{"id":8,"content":"<vpatch>"},{"id":7,"content":"<vrow_sep>"},{"id":6,"content":"</vision>"}]}""");
        Assert.Equal(new VisionTokenIds(9, 8, 7, 6), SoloConfig.Read(Path.Combine(_folder, "config.json")).TokenIds);
    }

    [Theory]
    [InlineData("tiny-text-2", "tiny-llava")]
    [InlineData("tiny-text-4", "tiny-solo")]
    public void A_copied_decoder_predicts_text_as_its_source(string from, string to)
    {
        using var scope = NewDisposeScope();
        using var source = ModelPresets.Create(from, Vocabulary, 6, Loud);
        using var target = ModelPresets.Create(to, Vocabulary, 7, Loud);
        target.Parameters.SetTrainable(_ => true);
        using var batch = Collator.Collate(source, [Make(source, 9, 1)]);
        Assert.NotEqual(Golden.Floats(source.Logits(batch)), Golden.Floats(target.Logits(batch)));
        DecoderInitialisation.CopyDecoder(source, target);
        Assert.Equal(Golden.Floats(source.Logits(batch)), Golden.Floats(target.Logits(batch)));
        using var wrong = ModelPresets.Create(from, Vocabulary, 6, new PresetSizes { NumLayers = 3 });
        Assert.Contains("3 layers", Assert.Throws<FoveaException>(() => DecoderInitialisation.CopyDecoder(wrong, target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initial_weights_depend_on_seed_and_name_alone()
    {
        using var a = ModelPresets.Create("tiny-llava", Vocabulary, 1);
        using var b = ModelPresets.Create("tiny-llava", Vocabulary, 1);
        using var c = ModelPresets.Create("tiny-llava", Vocabulary, 2);
        const string Name = "model.language_model.layers.1.mlp.up_proj.weight";
        Assert.Equal(Golden.Floats(a.Parameters[Name]), Golden.Floats(b.Parameters[Name]));
        Assert.NotEqual(Golden.Floats(a.Parameters[Name]), Golden.Floats(c.Parameters[Name]));
        Assert.InRange(a.Parameters[Name].std().item<float>(), 0.019f, 0.021f);
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void BFloat16_products_stay_near_float32_and_train(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = (DecoderModel)ModelPresets.Create(preset, Vocabulary, 3, Loud);
        model.Parameters.SetTrainable(_ => true);
        using var batch = Collator.Collate(model, [Make(model, 12, 1)]);
        var exact = model.Logits(batch);
        model.Policy = MatmulPolicy.BF16;
        var rounded = model.Logits(batch);
        // bfloat16 keeps 8 bits; errors of a few products add up to a few per cent of the spread.
        var error = (exact - rounded).abs().max().item<float>() / exact.std().item<float>();
        Assert.InRange(error, 1e-6f, 0.1f);
        rounded.sum().backward();
        Assert.Equal(ScalarType.Float32, model.Parameters["lm_head.weight"].grad!.dtype);
    }

    private static TextModel Windowed(int? window)
    {
        var config = new DecoderConfig
        {
            ModelType = "mistral",
            VocabSize = 90,
            HiddenSize = 32,
            IntermediateSize = 48,
            NumLayers = 2,
            NumHeads = 4,
            NumKeyValueHeads = 2,
            HeadDim = 8,
            MaxPositions = 64,
            SlidingWindow = window,
            InitializerRange = 0.15,
        };
        var parameters = new Fovea.Models.Parameters.ParameterSet();
        foreach (var spec in TextModel.Specs(config))
        {
            parameters.Add(spec.Name, spec.Draw(11));
        }

        return new TextModel(config, parameters);
    }

    private static int[] Ids(int length, long seed)
    {
        var random = new RandomSource(seed, "test/ids");
        return [.. Enumerable.Range(0, length).Select(_ => 10 + random.Next(80))];
    }

    private static PixelValues Image(long seed)
    {
        var random = new RandomSource(seed, "test/image");
        return new PixelValues(3, 30, 30, [.. Enumerable.Range(0, 2700).Select(_ => (float)random.NextGaussian())]);
    }

    private static ExpandedSample Make(VisionLanguageModel model, int length, long seed, bool withImage = true)
    {
        int[] image = withImage && model.SeesImages ? model.ImageTokenIds(30, 30) : [];
        int[] ids = [1, .. image, .. Ids(length, seed)];
        return new ExpandedSample(ids, [.. Enumerable.Range(1 + image.Length, length)], image.Length > 0 ? [Image(seed)] : []);
    }

    private static Tensor Row(int[] ids) => tensor(Array.ConvertAll(ids, i => (long)i), [1, ids.Length]);

    /// <summary>Batch shapes change the order of float32 sums, not more.</summary>
    private static void AssertClose(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((actual - expected).abs().max().item<float>(), 0, 2e-5f * Math.Max(1, expected.abs().max().item<float>()));
    }
}
