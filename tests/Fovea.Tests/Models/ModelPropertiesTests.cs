using Fovea.Core.Errors;
using Fovea.Models.Batching;
using Fovea.Models.Decoders;
using Fovea.Models.Generation;
using Fovea.Models.Initialisation;
using Fovea.Torch;
using Xunit;
using static Fovea.Tests.Models.TestModels;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>What holds of every model, on new ones whose weights are large enough for differences to show.</summary>
public sealed class ModelPropertiesTests
{
    private static readonly int[] Lengths = [5, 17, 9];

    public ModelPropertiesTests() => TorchRuntime.Start(1);

    [Theory]
    [MemberData(nameof(TestModels.Presets), MemberType = typeof(TestModels))]
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
    [MemberData(nameof(TestModels.Presets), MemberType = typeof(TestModels))]
    public void An_image_changes_logits_and_its_absence_is_allowed(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 3, Loud);
        using var text = Collator.Collate(model, [Make(model, 6, 1, withImage: false)]);
        Assert.Null(text.PixelValues);
        Assert.Equal([6L, 90], model.Logits(text).shape);
        if (!model.SeesImages)
        {
            Assert.Throws<FoveaException>(() => model.PackPixels([Image(1)]));
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
    [MemberData(nameof(TestModels.Presets), MemberType = typeof(TestModels))]
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
    [MemberData(nameof(TestModels.Presets), MemberType = typeof(TestModels))]
    public void BFloat16_products_stay_near_float32_and_train(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = ModelPresets.Create(preset, Vocabulary, 3, Loud);
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
}
