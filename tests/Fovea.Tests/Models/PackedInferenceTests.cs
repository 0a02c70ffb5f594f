using Fovea.Models.Adapters;
using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Inference;
using Fovea.Torch;
using FsCheck;
using FsCheck.Xunit;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Inference in bfloat16 from packed weights gives what float32 gives, up to bfloat16's three digits.</summary>
public sealed class PackedInferenceTests
{
    // Two layers of products in bfloat16 (2^-8 each, relative to the largest logits); a wrong head, norm, mask or rotation is off by more than 0.3.
    private const double Tolerance = 0.03;

    public PackedInferenceTests() => TorchRuntime.Start(1);

    public static TheoryData<string> Decoders => ["llama_mha", "llama_gqa_tied", "llama_biases_head_dim", "llama_rope_linear", "llama_rope_llama3",
        "mistral_window", "qwen2_tied"];

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Logits_of_decoders_agree_on_rows_padded_on_either_side(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = new Golden("decoder/" + name);
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        model.Pack();
        foreach (var side in new[] { "right", "left" })
        {
            var (ids, mask) = (golden[side + ".input_ids"], golden[side + ".attention_mask"]);
            var logits = model.Decoder.LogitsAt(new DecoderInput
            {
                InputIds = ids,
                PositionIds = golden[side + ".position_ids"],
                SegmentIds = mask,
                LogitPositions = Golden.Everywhere(ids),
            });
            var kept = mask.flatten().nonzero().squeeze(1);
            AssertNear(golden[side + ".expected.logits"].flatten(0, 1).index_select(0, kept), logits.index_select(0, kept));
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Rows_of_known_length_are_computed_without_their_padding(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = new Golden("decoder/" + name);
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        model.Pack();
        var mask = golden["right.attention_mask"];
        var kept = mask.flatten().nonzero().squeeze(1);
        var embeddings = model.Decoder.Embed(golden["right.input_ids"]);
        embeddings = embeddings.masked_fill(mask.eq(0).unsqueeze(-1), float.NaN); // what is read of padding is seen
        var lengths = mask.sum(dim: 1).data<long>().ToArray();
        Assert.NotEqual(lengths.Max(), lengths.Min());
        var input = new DecoderInput { Embeddings = embeddings, RowLengths = Array.ConvertAll(lengths, n => (int)n), LogitPositions = kept };
        AssertNear(golden["right.expected.logits"].flatten(0, 1).index_select(0, kept), model.Decoder.LogitsAt(input));
        var padding = mask.flatten().eq(0).nonzero().squeeze(1);
        Assert.ThrowsAny<Exception>(() => model.Decoder.LogitsAt(input with { LogitPositions = padding }));
    }

    [Fact]
    public void Samples_in_packed_rows_of_unequal_length_score_as_they_do_alone()
    {
        using var noGrad = no_grad();
        using var golden = new Golden("decoder/llama_gqa_tied");
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        model.Pack();
        ExpandedSample Sample(int first, int length) => new([.. Enumerable.Range(first, length)], [.. Enumerable.Range(1, length - 1)], []);
        ExpandedSample[] samples = [Sample(3, 9), Sample(20, 14), Sample(5, 6), Sample(30, 11)];
        using var packed = Collator.Pack(model, [[samples[0], samples[1]], [samples[2]], [samples[3]]]);
        using var scope = NewDisposeScope();
        var together = model.Logits(packed);
        for (var i = 0; i < samples.Length; i++)
        {
            using var alone = Collator.Collate(model, [samples[i]]);
            AssertNear(model.Logits(alone), together.narrow(0, packed.TargetOffsets[i], packed.TargetOffsets[i + 1] - packed.TargetOffsets[i]), 0.01);
        }
    }

    [Property]
    public void Groups_of_rows_hold_every_token_once_and_in_order(PositiveInt[] lengths)
    {
        var rows = Array.ConvertAll(lengths, n => (long)n.Get % 4); // often equal, sometimes none
        var groups = RowGroup.Of(rows);
        Assert.Equal(
            rows.Select((length, row) => (row, length)).Where(r => r.length > 0),
            groups.SelectMany(g => Enumerable.Range(0, (int)g.NumRows).Select(i => ((int)g.FirstRow + i, g.Length))));
        Assert.All(groups, g => Assert.Equal(rows.Take((int)g.FirstRow).Sum(), g.FirstToken));
        Assert.All(groups.Zip(groups.Skip(1)), p => Assert.True(p.First.Length != p.Second.Length || p.First.FirstRow + p.First.NumRows < p.Second.FirstRow));
    }

    [Theory]
    [InlineData("llama_clip")]
    [InlineData("llama_siglip")]
    [InlineData("qwen2_siglip_last")]
    public void Logits_of_llava_agree_tower_included(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = new Golden("llava/" + name);
        using var model = (LlavaModel)ModelFolder.Load(Path.Combine(golden.Folder, "transformers452"));
        model.Pack();
        AssertNear(golden["expected.image_features"], model.ImageFeatures(golden["pixel_values"]));
        var kept = golden["attention_mask"].flatten().nonzero().squeeze(1);
        AssertNear(
            golden["expected.logits"].flatten(0, 1).index_select(0, kept),
            VisionParityTests.LogitsEverywhere(model, golden, "pixel_values").flatten(0, 1).index_select(0, kept));
    }

    [Fact]
    public void Gradients_do_not_go_through_packed_weights()
    {
        using var golden = new Golden("decoder/llama_gqa_tied");
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        model.Pack();
        golden.AssertLossesAndGradients(model, () =>
            model.Decoder.LogitsAt(new DecoderInput { InputIds = golden["right.input_ids"], LogitPositions = Golden.Everywhere(golden["right.input_ids"]) }));
    }

    [Fact]
    public void An_adapter_is_merged_into_the_copies()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var folder = TestData.Find("fixtures/training/lora_decoder");
        using var model = (TextModel)ModelFolder.Load(Path.Combine(folder, "model"));
        var ids = arange(1, 41, dtype: ScalarType.Int64).view(1, 40);
        var input = new DecoderInput { InputIds = ids, LogitPositions = Golden.Everywhere(ids) };
        var plain = model.Decoder.LogitsAt(input);
        using var adapter = LoraAdapter.Load(Path.Combine(folder, "adapter_final"), model);
        adapter.AttachTo(model);
        var adapted = model.Decoder.LogitsAt(input);
        model.Pack();
        var packed = model.Decoder.LogitsAt(input);
        AssertNear(adapted, packed);
        Assert.True(Distance(adapted, packed) < Distance(plain, packed), "the packed weights are those without the adapter");
    }

    [Fact]
    public void Fused_products_equal_plain_ones()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var products = FusedProducts.TryCreate(CPU);
        Assert.SkipWhen(products is null, "this libtorch or processor has no fused products");
        var generator = new Generator(3);
        Tensor Draw(params long[] shape) => randn(shape, generator: generator).to(ScalarType.BFloat16);
        var (x, weight, bias, other, scale) = (Draw(3, 37, 48), Draw(80, 48), Draw(80), Draw(3, 37, 80), Draw(48).abs());
        using var fused = new PackedLinear(products, weight, bias, scale);
        using var plain = new PackedLinear(null, weight, bias, scale);
        using var fusedBare = new PackedLinear(products, weight);
        using var plainBare = new PackedLinear(null, weight);
        foreach (var (a, b) in new[]
        {
            (fused.Forward(x), plain.Forward(x)), (fused.Gelu(x), plain.Gelu(x)), (fused.Plus(x, other), plain.Plus(x, other)),
            (fusedBare.Forward(x), plainBare.Forward(x)), (fusedBare.Gelu(x), plainBare.Gelu(x)), (fusedBare.Plus(x, other), plainBare.Plus(x, other)),
        })
        {
            AssertNear(b, a, 0.01);
        }
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    public void What_changes_in_a_weight_later_does_not_reach_its_packed_copy(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var products = FusedProducts.TryCreate(CPU);
        foreach (var kind in new[] { null, products })
        {
            var (weight, bias, x) = (ones([48, 32], type), ones([48], type), ones([1, 32], ScalarType.BFloat16));
            using var packed = new PackedLinear(kind, weight, bias);
            weight.zero_();
            bias.zero_();
            Assert.Equal(33, packed.Forward(x).min().ToDouble());
        }
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var golden = new Golden("llava/llama_clip");
        using var model = (LlavaModel)ModelFolder.Load(Path.Combine(golden.Folder, "transformers452"));
        model.Pack();
        using var noGrad = no_grad();
        void Run()
        {
            using var scope = NewDisposeScope();
            VisionParityTests.LogitsEverywhere(model, golden, "pixel_values");
        }

        Run();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static void AssertNear(Tensor expected, Tensor actual, double tolerance = Tolerance) =>
        Assert.InRange(Distance(expected, actual), 0, tolerance);

    private static double Distance(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        var (x, y) = (expected.to(ScalarType.Float32), actual.to(ScalarType.Float32));
        return ((x - y).norm() / x.norm()).ToDouble();
    }
}
